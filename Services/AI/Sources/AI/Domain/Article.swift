import Contracts
import FoundationEssentials

/// A help article of the business: what answers are taken from, word for word.
struct Article: Sendable, Hashable {
    let id: ArticleID
    private(set) var text: ArticleText
    let createdAt: Instant
    private(set) var updatedAt: Instant
    /// The number of the newest event in the article's history.
    private(set) var sequence: Int64
    /// What the verbs caused and nobody has recorded yet.
    private(set) var events: [Recorded] = []

    struct Recorded: Sendable {
        let sequence: Int64
        let event: any Event
    }

    /// As it was recorded.
    init(id: ArticleID, text: ArticleText, createdAt: Instant, updatedAt: Instant, sequence: Int64) {
        self.id = id
        self.text = text
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.sequence = sequence
    }

    /// A new article.
    init(publishing text: ArticleText, id: ArticleID, at now: Instant) {
        self.init(id: id, text: text, createdAt: now, updatedAt: now, sequence: 0)
        record(ArticlePublished(articleID: id, title: text.title))
    }

    /// Does nothing when every word is the same: then there is no event either.
    mutating func replace(with text: ArticleText, at now: Instant) {
        guard text != self.text else { return }
        self.text = text
        updatedAt = now
        record(ArticlePublished(articleID: id, title: text.title))
    }

    mutating func remove() {
        record(ArticleRemoved(articleID: id))
    }

    /// What became of the article since it was loaded.
    var outcome: Outcome {
        if events.isEmpty { return .unchanged }
        return sequence == 1 ? .created : .updated
    }

    enum Outcome: Sendable, Hashable {
        case created, updated, unchanged
    }

    var view: ArticleView {
        ArticleView(
            id: id, key: text.key, title: text.title, content: text.content, format: text.format, url: text.url,
            createdAt: createdAt, updatedAt: updatedAt
        )
    }

    private mutating func record(_ event: any Event) {
        sequence += 1
        events.append(Recorded(sequence: sequence, event: event))
    }

    static func == (left: Article, right: Article) -> Bool {
        left.id == right.id && left.text == right.text && left.sequence == right.sequence
            && left.createdAt == right.createdAt && left.updatedAt == right.updatedAt
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(sequence)
    }
}

/// An article's words, within their limits. The content is kept exactly as it came: quotes are cut from it.
struct ArticleText: Sendable, Hashable {
    static let maximumKeyLength = 200
    static let maximumTitleLength = 300
    static let maximumContentLength = 200_000
    static let maximumURLLength = 2000

    let key: String?
    let title: String
    let content: String
    let format: ArticleFormat
    let url: String?

    /// As it was recorded.
    init(key: String?, title: String, content: String, format: ArticleFormat, url: String?) {
        self.key = key
        self.title = title
        self.content = content
        self.format = format
        self.url = url
    }

    /// - Parameter path: Where the draft stands in the request: `articles[3].`, or nothing.
    /// - Throws: `.invalid` naming every field that is wrong.
    init(_ draft: ArticleDraft, path: String = "") throws(ServiceError) {
        let title = draft.title.trimmed
        var problems: [ServiceError.Field] = []
        func check(_ isRight: Bool, _ field: String, _ code: String, _ message: String) {
            if !isRight { problems.append(.init(field: path + field, code: code, message: message)) }
        }
        check(!title.isEmpty, "title", "required", "Give the article a title.")
        check(title.count <= Self.maximumTitleLength, "title", "too_long", "At most 300 characters.")
        check(!draft.content.trimmed.isEmpty, "content", "required", "Give the article some content.")
        // Bytes first: counting characters of something huge takes long.
        check(
            draft.content.utf8.count <= Self.maximumContentLength
                || draft.content.utf8.count <= 4 * Self.maximumContentLength
                    && draft.content.count <= Self.maximumContentLength,
            "content", "too_long", "At most 200,000 characters. Split the article."
        )
        check(!draft.content.utf8.contains(0), "content", "invalid_text", "Text can't contain NUL characters.")
        check(!title.utf8.contains(0), "title", "invalid_text", "Text can't contain NUL characters.")
        if let key = draft.key {
            check(!key.isEmpty, "key", "required", "Leave the key out, or give it at least 1 character.")
            check(key.count <= Self.maximumKeyLength, "key", "too_long", "At most 200 characters.")
            check(!key.utf8.contains(0), "key", "invalid_text", "Text can't contain NUL characters.")
        }
        if let url = draft.url {
            check(
                url.hasPrefix("https://") || url.hasPrefix("http://"), "url", "invalid_url",
                "Give an address that begins with https://."
            )
            check(
                url.utf8.count <= Self.maximumURLLength && !url.utf8.contains { $0 <= 0x20 }, "url",
                "invalid_url",
                "At most 2,000 bytes, without spaces."
            )
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        self.init(key: draft.key, title: title, content: draft.content, format: draft.format, url: draft.url)
    }
}

extension ServiceError {
    /// Several fields with a wrong value; the first 20 are named.
    static func invalid(_ problems: [Field]) -> ServiceError {
        ServiceError(
            .invalid, code: "invalid_request", problems.first?.message ?? "A value is wrong.",
            fields: Array(problems.prefix(20))
        )
    }

    static let articleNotFound = ServiceError(
        .notFound, code: "ai.article_not_found", "There is no such article. It may have been removed."
    )
}

extension StringProtocol {
    /// Without white space at the ends.
    var trimmed: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
        return String(self[start..<end])
    }
}
