import Contracts
import FoundationEssentials

/// Articles and their passages in SQL.
struct SQLArticles: ArticleRepository, ArticleViews {
    let database: any Database
    let unitOfWork: any UnitOfWork

    func place(
        _ texts: [ArticleText], _ context: MessageContext,
        _ verb: @escaping @Sendable (Article?, ArticleText) throws -> Article
    ) async throws -> [Article] {
        try await unitOfWork.commit(context) { transaction in
            try texts.map { text in
                let known = try text.key.flatMap { key in
                    try transaction.first("SELECT * FROM articles WHERE article_key = \(key)")
                }
                let article = try verb(known.map(Self.article), text)
                if !article.events.isEmpty { try Self.save(article, in: transaction) }
                return article
            }
        }
    }

    func remove(
        _ id: ArticleID, _ context: MessageContext, _ verb: @escaping @Sendable (inout Article) throws -> Void
    ) async throws {
        try await unitOfWork.commit(context) { transaction in
            guard let row = try transaction.first("SELECT * FROM articles WHERE id = \(id)") else {
                throw ServiceError.articleNotFound
            }
            var article = try Self.article(row)
            try verb(&article)
            try transaction.execute("DELETE FROM passages WHERE article_id = \(id)")
            try transaction.execute("DELETE FROM articles WHERE id = \(id)")
            try Self.append(article.events, of: id, to: transaction)
        }
    }

    func details(of id: ArticleID) async throws -> ArticleView? {
        try await database.query("SELECT * FROM articles WHERE id = \(id)").first.map {
            try Self.article($0).view
        }
    }

    func list(_ page: PageRequest) async throws -> Page<ArticleSummary> {
        let after = try page.cursor.map { try Position(cursor: $0) }
        let start: SQL = after.map { "WHERE (title_order, id) > (\($0.title), \($0.id))" } ?? ""
        let rows = try await database.query(
            """
            SELECT id, article_key, title, title_order, updated_at FROM articles \(start)
            ORDER BY title_order, id LIMIT \(page.limit + 1)
            """
        )
        let shown = rows.prefix(page.limit)
        var next: String?
        if rows.count > page.limit, let last = shown.last {
            next = Position(title: try last.value("title_order"), id: try last.value("id")).cursor
        }
        return Page(
            data: try shown.map { row in
                ArticleSummary(
                    id: try row.value("id"), key: try row.value("article_key"), title: try row.value("title"),
                    updatedAt: try row.value("updated_at")
                )
            },
            nextCursor: next
        )
    }

    private static func save(_ article: Article, in transaction: any Transaction) throws {
        let text = article.text
        try transaction.execute(
            """
            INSERT INTO articles (
                id, article_key, title, title_order, content, format, url, created_at, updated_at, sequence
            ) VALUES (
                \(article.id), \(text.key), \(text.title), \(Position.order(of: text.title)), \(text.content),
                \(text.format), \(text.url), \(article.createdAt), \(article.updatedAt), \(article.sequence)
            )
            ON CONFLICT (id) DO UPDATE SET
                title = excluded.title, title_order = excluded.title_order, content = excluded.content,
                format = excluded.format, url = excluded.url, updated_at = excluded.updated_at,
                sequence = excluded.sequence
            """
        )
        try transaction.execute("DELETE FROM passages WHERE article_id = \(article.id)")
        for passage in Passage.cut(text.content, format: text.format) {
            try transaction.execute(
                """
                INSERT INTO passages (article_id, title, heading, text, start_byte, end_byte)
                VALUES (
                    \(article.id), \(text.title), \(passage.heading), \(passage.text),
                    \(passage.range.lowerBound), \(passage.range.upperBound)
                )
                """
            )
        }
        try append(article.events, of: article.id, to: transaction)
    }

    private static func append(
        _ events: [Article.Recorded], of id: ArticleID, to transaction: any Transaction
    ) throws {
        for recorded in events {
            try transaction.append(
                recorded.event, to: EventEnvelope.Aggregate("article", id.rawValue), sequence: recorded.sequence
            )
        }
    }

    private static func article(_ row: SQLRow) throws -> Article {
        Article(
            id: try row.value("id"),
            text: ArticleText(
                key: try row.value("article_key"), title: try row.value("title"),
                content: try row.value("content"), format: try row.value("format"), url: try row.value("url")
            ),
            createdAt: try row.value("created_at"), updatedAt: try row.value("updated_at"),
            sequence: try row.value("sequence")
        )
    }
}

/// A place in the list by title; as a cursor opaque to clients and safe in a URL.
private struct Position: Codable {
    let title: String
    let id: ArticleID

    /// By so much of a title lists are ordered: what an index of PostgreSQL can hold has a limit.
    private static let maximumScalars = 200

    init(title: String, id: ArticleID) {
        self.title = title
        self.id = id
    }

    init(cursor: String) throws(ServiceError) {
        guard cursor.utf8.count <= 8000, let data = Data(base64URLEncoded: cursor),
            let position = try? JSONDecoder().decode(Position.self, from: data)
        else { throw .invalidCursor }
        self = position
    }

    var cursor: String? {
        let encoder = JSONEncoder()
        // So that one place has one cursor.
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(self))?.base64URLEncodedString()
    }

    static func order(of title: String) -> String {
        String(String.UnicodeScalarView(title.lowercased().unicodeScalars.prefix(maximumScalars)))
    }
}

/// Base 64 for URLs without padding (RFC 4648, section 5).
extension Data {
    fileprivate init?(base64URLEncoded text: String) {
        let standard = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - standard.count % 4) % 4)
        self.init(base64Encoded: Data(standard + padding))
    }

    fileprivate func base64URLEncodedString() -> String {
        let standard = base64EncodedString().utf8.lazy.filter { $0 != UInt8(ascii: "=") }
        return String(
            decoding: standard.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            }, as: UTF8.self)
    }
}
