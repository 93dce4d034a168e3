import AI
import Contracts
import InProcessBus
import Logging

/// The AI service on a data folder, without a server: for importing and asking from the command line.
///
/// May work beside a running server on the same folder: they share the database, and what changes here is
/// announced by the server's relay.
public struct KnowledgeBase: Sendable {
    private let bus: InProcessBus

    /// - Parameter settings: For the data folder.
    public init(settings: Settings) async throws {
        let logger = Logger.frontdesk(level: .warning)
        bus = InProcessBus(logger: logger)
        let node = try await Node.make(.ai, on: Ground(settings: settings, bus: bus, logger: logger))
        bus.attach(node.table)
    }

    /// - Parameter progress: Called after each batch with the number of articles so far.
    public func importArticles(
        _ articles: [ArticleDraft], progress: (Int) -> Void
    ) async throws -> ImportArticles.Response {
        var total = ImportArticles.Response(created: 0, updated: 0, unchanged: 0)
        for start in stride(from: 0, to: articles.count, by: Self.batchSize) {
            let batch = Array(articles[start..<min(start + Self.batchSize, articles.count)])
            let done = try await bus.send(ImportArticles(articles: batch), context)
            total = ImportArticles.Response(
                created: total.created + done.created, updated: total.updated + done.updated,
                unchanged: total.unchanged + done.unchanged)
            progress(start + batch.count)
        }
        return total
    }

    /// - Parameter each: Called with the answer's words as they come, and at last with the whole of it.
    public func answer(
        _ question: String, each: @escaping @Sendable (AnswerStream.Element) async throws -> Void
    ) async throws {
        try await bus.stream(AnswerStream(question: question), context, each: each)
    }

    private static let batchSize = 200

    private var context: MessageContext {
        MessageContext(principal: .service(.ai), requestID: "command-line")
    }
}
