import Contracts
import FoundationEssentials
import Synchronization
import Testing

@testable import AI

@Suite struct SQLArticlesTests {
    @Test func cursorIsSafeInAURLAndNamesTheLastArticle() async throws {
        // Titles whose base 64 has + and /, and every length of padding.
        for title in ["ÿ", "ÿÿ", "ÿÿÿ", "~~?>", "", "ü" + String(repeating: "ÿ?>", count: 60)] {
            let database = Rows(titles: [title, "z"])
            let articles = SQLArticles(database: database, unitOfWork: database)
            let first = try await articles.list(PageRequest(limit: 1))
            let cursor = try #require(first.nextCursor)
            #expect(cursor.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil, "\(cursor)")
            _ = try await articles.list(PageRequest(limit: 1, cursor: cursor))
            let parameters = database.last.withLock { $0 }
            #expect(parameters.prefix(2) == [.text(title), .uuid(Rows.id)])
        }
    }

    @Test(arguments: ["", "=", "a+b/", "e30", "👍", "eyJ0aXRsZSI6IngifQ==", String(repeating: "A", count: 9000)])
    func cursorThatNobodyGaveOutIsRefused(cursor: String) async throws {
        let database = Rows(titles: [])
        let articles = SQLArticles(database: database, unitOfWork: database)
        await #expect(throws: ServiceError.invalidCursor) {
            _ = try await articles.list(PageRequest(limit: 1, cursor: cursor))
        }
    }
}

/// A database that has these articles, whatever is asked, and takes no others.
private final class Rows: Database, UnitOfWork {
    static let id = UUID(uuidString: "00000000-0000-7000-8000-0000000000aa")!
    let titles: [String]
    /// The parameters of the last statement.
    let last = Mutex<[SQLValue]>([])

    init(titles: [String]) {
        self.titles = titles
    }

    var dialect: SQLDialect { .sqlite }

    func query(_ statement: SQL) async throws -> [SQLRow] {
        last.withLock { $0 = statement.parameters }
        return titles.map { title in
            SQLRow(
                columns: ["id", "article_key", "title", "title_order", "updated_at"],
                values: [.uuid(Self.id), .null, .text(title), .text(title), .integer(0)])
        }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result {
        throw ServiceError.internal
    }

    func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws {
        throw ServiceError.internal
    }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result {
        throw ServiceError.internal
    }

    func commit<Result: Sendable>(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        throw ServiceError.internal
    }

    func react(
        to envelope: EventEnvelope, _ context: MessageContext,
        _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws {
        throw ServiceError.internal
    }

    func startOver(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws {
        throw ServiceError.internal
    }

    func history(
        of aggregate: EventEnvelope.Aggregate, after sequence: Int64, limit: Int
    ) async throws -> [EventEnvelope] {
        throw ServiceError.internal
    }
}
