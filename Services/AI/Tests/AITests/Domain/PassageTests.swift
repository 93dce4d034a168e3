import Contracts
import Testing

@testable import AI

@Suite struct PassageTests {
    @Test func passagesNeverGoOnUnderTheNextHeading() {
        let passages = Passage.cut("Intro.\n\n# A\nOne.\n## B\nTwo.\n\n- Three\n# C\nFour.", format: .markdown)
        #expect(passages.map(\.heading) == ["", "A", "A › B", "C"])
        #expect(passages.map(\.text) == ["Intro.", "One.", "Two.\n\n- Three", "Four."])
    }

    @Test func longSectionsAreCutAndShortOnesKeptWhole() {
        let sentence = "This sentence has exactly seven words here. "
        let long = Passage.cut(String(repeating: sentence, count: 60), format: .markdown)
        #expect(long.count == 3)
        for passage in long {
            #expect(Words.split(passage.text).count <= Passage.maximumWords)
            #expect(passage.text.hasSuffix("."))
        }
        #expect(Passage.cut(String(repeating: sentence, count: 10), format: .markdown).count == 1)
    }

    @Test func plainTextHasNoHeadings() {
        let passages = Passage.cut("# not a heading\nbut text", format: .text)
        #expect(passages.map(\.text) == ["# not a heading\nbut text"])
    }

    @Test(arguments: 0..<200)
    func everyPassageIsFoundWordForWordAtItsPlace(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let content = randomMarkdown(using: &random)
        let bytes = Array(content.utf8)
        var end = 0
        for passage in Passage.cut(content, format: seed.isMultiple(of: 5) ? .text : .markdown) {
            #expect(passage.range.lowerBound >= end)
            end = passage.range.upperBound
            #expect(Array(passage.text.utf8) == Array(bytes[passage.range]))
            #expect(!passage.text.isEmpty)
            #expect(!passage.text.unicodeScalars.contains("\u{FFFD}"))
        }
    }
}

@Suite struct SentencesTests {
    private func cut(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return Sentences.ranges(in: bytes, 0..<bytes.count).map { bytes.text($0) }
    }

    @Test func abbreviationsAndNumbersDontEndASentence() {
        #expect(
            cut("Ask Dr. Gray, e.g. by mail. It costs 3.50 a piece! Really?") == [
                "Ask Dr. Gray, e.g. by mail.", "It costs 3.50 a piece!", "Really?",
            ])
    }

    @Test func aWordAloneGoesWithTheSentenceAfterIt() {
        #expect(cut("No. Gift cards can't be returned.") == ["No. Gift cards can't be returned."])
    }

    @Test func endlessSentencesAreCut() {
        let pieces = cut(String(repeating: "ü", count: 3000))
        #expect(pieces.allSatisfy { $0.utf8.count <= Sentences.maximumBytes })
        #expect(pieces.joined().count == 3000)
    }
}
