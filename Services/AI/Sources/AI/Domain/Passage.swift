import Contracts

/// A part of an article that can be found and quoted: some paragraphs or list items under one heading.
struct Passage: Sendable, Hashable {
    /// The headings above it, outermost first: `Returns › By mail`; empty before the first one.
    let heading: String
    /// Where it stands in the article's content, in UTF-8.
    let range: Range<Int>
    /// Word for word.
    let text: String

    /// At most about this many words, and as many as the section has up to there: paragraphs and items aren't
    /// torn apart below it, and a passage never goes on under the next heading.
    static let maximumWords = 150

    /// Cuts an article into its passages.
    static func cut(_ content: String, format: ArticleFormat) -> [Passage] {
        let text = Array(content.utf8)
        var cutter = Cutter(text: text)
        for block in MarkdownBlock.all(in: text, format: format) { cutter.take(block) }
        cutter.finishPassage()
        return cutter.passages
    }

    private struct Cutter {
        let text: [UInt8]
        var passages: [Passage] = []
        private var headings: [(level: Int, title: String)] = []
        private var open: (range: Range<Int>, words: Int)?

        init(text: [UInt8]) {
            self.text = text
        }

        mutating func take(_ block: MarkdownBlock) {
            if case .heading(let level, let title) = block.kind {
                finishPassage()
                headings.removeAll { $0.level >= level }
                headings.append((level, title))
                return
            }
            let words = Sentences.wordCount(text, block.range)
            if words <= Passage.maximumWords, block.range.count <= Sentences.maximumBytes {
                add(block.range, words)
            } else {
                for sentence in Sentences.ranges(in: text, block.range) {
                    add(sentence, Sentences.wordCount(text, sentence))
                }
            }
        }

        mutating func finishPassage() {
            guard let (range, _) = open else { return }
            open = nil
            let heading = headings.map(\.title).joined(separator: " › ")
            passages.append(Passage(heading: heading, range: range, text: text.text(range)))
        }

        private mutating func add(_ range: Range<Int>, _ words: Int) {
            if let open, open.words + words > Passage.maximumWords { finishPassage() }
            open = (
                (open?.range.lowerBound ?? range.lowerBound)..<range.upperBound, (open?.words ?? 0) + words
            )
        }
    }
}

/// A sentence, a list item or a table row of a passage: the smallest thing that is quoted.
struct PassageUnit: Hashable {
    enum Kind: Hashable {
        case sentence, step, bullet, row
    }
    let kind: Kind
    /// UTF-8 offsets in the passage's text.
    let range: Range<Int>

    /// Long items are cut into sentences.
    static func all(in text: [UInt8], format: ArticleFormat) -> [PassageUnit] {
        return MarkdownBlock.all(in: text, format: format).flatMap { block -> [PassageUnit] in
            switch block.kind {
            case .heading: []
            case .row: Sentences.split(text, block.range).map { PassageUnit(kind: .row, range: $0) }
            case .paragraph: sentences(block.range)
            case .item(let isOrdered):
                if Sentences.wordCount(text, block.range) > 40 {
                    sentences(block.range)
                } else {
                    Sentences.split(text, block.range).map {
                        PassageUnit(kind: isOrdered ? .step : .bullet, range: $0)
                    }
                }
            }
        }

        func sentences(_ range: Range<Int>) -> [PassageUnit] {
            Sentences.ranges(in: text, range).map { PassageUnit(kind: .sentence, range: $0) }
        }
    }
}
