import Testing

@testable import AI

@Suite struct QuestionTests {
    @Test func onlyTheWordsThatCarryTheQuestionRemain() {
        #expect(Question("How do I get a refund for my order?").terms.map(\.stem) == ["refund", "order"])
        #expect(Question("What is it?").terms.isEmpty)
    }

    @Test func turnsOfPhraseBecomeOneWord() {
        #expect(Question("Can I send it back?").terms.map(\.stem) == ["return"])
        #expect(Question("Where is my parcel?").terms.map(\.stem) == ["track", "parcel"])
    }

    @Test func questionsForStepsAndForNumbersAreTold() {
        #expect(Question("how can I pay?").asksHow)
        #expect(!Question("how much is it?").asksHow)
        #expect(Question("how much is it?").asksForNumber)
        #expect(!Question("Do dogs bark?").asksForNumber)
    }

    @Test func tooCommonWordsAreLeftOutWhileRarerOnesRemain() {
        let question = Question("refund order")
        #expect(!question.searchWords { $0 == "order" }.contains("order"))
        #expect(question.searchWords { _ in true }.contains("order"))
    }

    @Test(arguments: 0..<200)
    func nothingInAQuestionIsReadAsSyntax(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "\"", "'", "*", "NEAR(", "AND", "title:", "refund", ")", "--", ";", "^", "\u{0}", "ü", "+", "{",
            "日本",
        ]
        let text = (0..<Int.random(in: 0...80, using: &random)).map { _ in
            pieces.randomElement(using: &random)! + (Bool.random(using: &random) ? " " : "")
        }.joined()
        let words = Question(text).searchWords { _ in false }
        #expect(words.count <= Question.maximumTerms)
        for word in words {
            #expect(
                word.unicodeScalars.allSatisfy {
                    $0.properties.isAlphabetic || $0.properties.numericType != nil
                })
        }
        let expression = SQLPassageIndex.expression(words)
        #expect(expression.count { $0 == "\"" } == 2 * words.count)
    }
}
