import Contracts
import FoundationEssentials
import Testing

@testable import AI

/// The questions that the answerer was tuned and measured with. The articles of the bank are no part of this
/// package; what is measured on them stands in the README.
@Suite struct EvaluationTests {
    struct Line: Codable {
        let question: String
        /// Keys of the articles that answer it; none for a question that must be declined.
        let articles: [String]
        let split: String
        let source: String?
    }

    private static func read(_ resource: [UInt8]) throws -> [Line] {
        try resource.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Line.self, from: Data($0))
        }
    }

    @Test func noQuestionIsInBothHalves() throws {
        let lines = try Self.read(PackageResources.questions_jsonl)
        for split in ["tuning", "held_out"] {
            let half = lines.filter { $0.split == split }
            #expect(half.count { !$0.articles.isEmpty } >= 50)
            #expect(half.count { $0.articles.isEmpty } >= 50)
        }
        #expect(Set(lines.map(\.question)).count == lines.count)
    }

    @Test func everyQuestionHasWordsToSearchFor() throws {
        let lines =
            try Self.read(PackageResources.questions_jsonl) + Self.read(PackageResources.shop_questions_jsonl)
        for line in lines where !line.articles.isEmpty {
            #expect(!Question(line.question).terms.isEmpty, "\(line.question)")
        }
    }
}
