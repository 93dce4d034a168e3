// What the AI service answers to.

/// Adds articles to the knowledge base, or replaces those with the same key. All of them or none.
public struct ImportArticles: Command {
    public static let name = "ai.import_articles.v1"
    /// At most this many in one command.
    public static let maximumCount = 1000
    public let articles: [ArticleDraft]

    public init(articles: [ArticleDraft]) {
        self.articles = articles
    }

    public struct Response: Codable, Sendable, Hashable {
        public let created: Int
        public let updated: Int
        /// Already there, word for word.
        public let unchanged: Int

        public init(created: Int, updated: Int, unchanged: Int) {
            self.created = created
            self.updated = updated
            self.unchanged = unchanged
        }
    }
}

/// Adds one article, or replaces the one with the same key.
public struct PublishArticle: Command {
    public static let name = "ai.publish_article.v1"
    public typealias Response = ArticleView
    public let article: ArticleDraft

    public init(article: ArticleDraft) {
        self.article = article
    }
}

/// Takes an article out of the knowledge base. `.notFound` when it isn't there.
public struct RemoveArticle: Command {
    public static let name = "ai.remove_article.v1"
    public typealias Response = Done
    public let id: ArticleID

    public init(id: ArticleID) {
        self.id = id
    }
}

public struct ArticleDetails: Query {
    public static let name = "ai.article_details.v1"
    public typealias Response = ArticleView
    public let id: ArticleID

    public init(id: ArticleID) {
        self.id = id
    }
}

/// All articles by title, without their content.
public struct ArticleList: Query {
    public static let name = "ai.article_list.v1"
    public typealias Response = Page<ArticleSummary>
    public let page: PageRequest

    public init(page: PageRequest) {
        self.page = page
    }
}

/// The passages that match best (BM25), best first.
public struct PassageSearch: Query {
    public static let name = "ai.passage_search.v1"
    public typealias Response = [PassageHit]
    /// 1 to 1,000 characters.
    public let query: String
    /// 1 to 50.
    public let limit: Int

    public init(query: String, limit: Int) {
        self.query = query
        self.limit = limit
    }
}

/// The assistant's answer to one question, outside any conversation.
public struct AnswerToQuestion: Query {
    public static let name = "ai.answer_to_question.v1"
    public typealias Response = AnswerView
    /// 1 to 4,000 characters.
    public let question: String

    public init(question: String) {
        self.question = question
    }
}

/// The same, word by word as it is written; the whole of it at the end.
public struct AnswerStream: Stream {
    public static let name = "ai.answer_stream.v1"
    public let question: String

    public init(question: String) {
        self.question = question
    }

    public enum Element: Codable, Sendable, Hashable {
        /// The next words, with the space before them.
        case delta(String)
        case finished(AnswerView)
    }
}

/// An article on its way in.
public struct ArticleDraft: Codable, Sendable, Hashable {
    /// The business's own name for the article, by which a later import finds it again. At most 200
    /// characters.
    public let key: String?
    /// 1 to 300 characters.
    public let title: String
    /// Markdown or plain text, at most 200,000 characters.
    public let content: String
    public let format: ArticleFormat
    /// Where customers can read it.
    public let url: String?

    public init(
        key: String? = nil, title: String, content: String, format: ArticleFormat = .markdown,
        url: String? = nil
    ) {
        self.key = key
        self.title = title
        self.content = content
        self.format = format
        self.url = url
    }
}

public enum ArticleFormat: String, Codable, Sendable, Hashable, CaseIterable, SQLConvertible {
    case markdown, text
}

public struct ArticleView: Codable, Sendable, Hashable {
    public let id: ArticleID
    public let key: String?
    public let title: String
    public let content: String
    public let format: ArticleFormat
    public let url: String?
    public let createdAt: Instant
    public let updatedAt: Instant

    public init(
        id: ArticleID, key: String?, title: String, content: String, format: ArticleFormat, url: String?,
        createdAt: Instant, updatedAt: Instant
    ) {
        self.id = id
        self.key = key
        self.title = title
        self.content = content
        self.format = format
        self.url = url
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, key, title, content, format, url
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }
}

public struct ArticleSummary: Codable, Sendable, Hashable {
    public let id: ArticleID
    public let key: String?
    public let title: String
    public let updatedAt: Instant

    public init(id: ArticleID, key: String?, title: String, updatedAt: Instant) {
        self.id = id
        self.key = key
        self.title = title
        self.updatedAt = updatedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, key, title
        case updatedAt = "updated_at"
    }
}

public struct PassageHit: Codable, Sendable, Hashable {
    public let articleID: ArticleID
    public let title: String
    public let passage: String
    /// BM25, larger is better. Comparable within one answer only.
    public let score: Double

    public init(articleID: ArticleID, title: String, passage: String, score: Double) {
        self.articleID = articleID
        self.title = title
        self.passage = passage
        self.score = score
    }

    private enum CodingKeys: String, CodingKey {
        case title, passage, score
        case articleID = "article_id"
    }
}

public struct AnswerView: Codable, Sendable, Hashable {
    /// What to show, with `[1]` for the first citation; when it abstained, the words that say so.
    public let answer: String
    /// The articles don't say, so it doesn't either.
    public let abstained: Bool
    public let citations: [Citation]
    /// How much of the question the cited passages cover, 0 to 1.
    public let confidence: Double

    public init(answer: String, abstained: Bool, citations: [Citation], confidence: Double) {
        self.answer = answer
        self.abstained = abstained
        self.citations = citations
        self.confidence = confidence
    }
}

/// An article is in the knowledge base, new or changed.
public struct ArticlePublished: Event {
    public static let name = "ai.article_published.v1"
    public let articleID: ArticleID
    public let title: String

    public init(articleID: ArticleID, title: String) {
        self.articleID = articleID
        self.title = title
    }
}

/// An article is no longer in the knowledge base.
public struct ArticleRemoved: Event {
    public static let name = "ai.article_removed.v1"
    public let articleID: ArticleID

    public init(articleID: ArticleID) {
        self.articleID = articleID
    }
}

/// The assistant answered a message in a conversation, or said that it can't.
public struct QuestionAnswered: Event {
    public static let name = "ai.question_answered.v1"
    public let conversationID: ConversationID
    public let inReplyTo: MessageID
    public let abstained: Bool
    public let confidence: Double

    public init(conversationID: ConversationID, inReplyTo: MessageID, abstained: Bool, confidence: Double) {
        self.conversationID = conversationID
        self.inReplyTo = inReplyTo
        self.abstained = abstained
        self.confidence = confidence
    }
}
