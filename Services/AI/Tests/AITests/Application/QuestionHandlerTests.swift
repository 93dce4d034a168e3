import Contracts
import ContractsTesting
import Synchronization
import Testing

@testable import AI

@Suite struct QuestionHandlerTests {
    private let index = InMemoryPassages(Article.shop)

    @Test func searchGivesTheBestPassagesFirst() async throws {
        let hits = try await PassageSearchHandler(index: index)(
            PassageSearch(query: "gift card expire", limit: 2), .sample()
        )
        #expect(hits.count == 2)
        #expect(hits[0].passage.contains("never expire"))
        #expect(hits[0].score >= hits[1].score)
    }

    @Test(arguments: [
        ("", 5, "query"), ("refund", 0, "limit"), ("refund", 51, "limit"),
        (String(repeating: "a", count: 1001), 5, "query"),
    ])
    func aWrongSearchIsRefused(query: String, limit: Int, field: String) async throws {
        let handler = PassageSearchHandler(index: index)
        let error = await #expect(throws: ServiceError.self) {
            try await handler(PassageSearch(query: query, limit: limit), .sample())
        }
        #expect(error?.fields.first?.field == field)
    }

    @Test(arguments: ["  ", String(repeating: "a", count: 4001)])
    func aWrongQuestionIsRefused(question: String) async throws {
        let handler = AnswerToQuestionHandler(answering: QuestionAnswering(index: index))
        let error = await #expect(throws: ServiceError.self) {
            try await handler(AnswerToQuestion(question: question), .sample())
        }
        #expect(error?.fields.first?.field == "question")
    }

    @Test func theStreamIsTheAnswerWordByWord() async throws {
        let answering = QuestionAnswering(index: index)
        let received = Mutex<[AnswerStream.Element]>([])
        try await AnswerStreamProducer(answering: answering)(
            AnswerStream(question: "How do I return something by mail?"), .sample()
        ) { element in received.withLock { $0.append(element) } }
        let elements = received.withLock { $0 }
        let text = elements.compactMap { if case .delta(let text) = $0 { text } else { nil } }.joined()
        let whole = try await answering.answer("How do I return something by mail?")
        #expect(text == whole.answer)
        #expect(elements.last == .finished(whole))
        #expect(elements.count > 10)
    }

    @Test func nobodyAsksWithoutAToken() async throws {
        let handler = AnswerToQuestionHandler(answering: QuestionAnswering(index: index))
        let error = await #expect(throws: ServiceError.self) {
            try await handler(AnswerToQuestion(question: "hi"), .sample(.anonymous))
        }
        #expect(error?.kind == .unauthenticated)
    }
}
