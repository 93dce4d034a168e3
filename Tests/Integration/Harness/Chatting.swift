import Contracts
import FoundationEssentials
import Testing

// What tests do in conversations, in the words of the API.
extension API {
    func start(_ message: String? = nil, subject: String? = nil) async throws -> ConversationView {
        var body: JSON = [:]
        if let message { body = body.with("message", .string(message)) }
        if let subject { body = body.with("subject", .string(subject)) }
        return try await post("/v1/conversations", body).expecting(201).decoded()
    }

    func say(_ content: String, in conversation: ConversationID) async throws -> MessageView {
        try await post("/v1/conversations/\(conversation)/messages", ["content": .string(content)])
            .expecting(201).decoded()
    }

    func conversation(_ id: ConversationID) async throws -> ConversationView {
        try await get("/v1/conversations/\(id)").decoded()
    }

    /// All of them, page by page.
    func messages(in id: ConversationID, pageSize: Int = 100) async throws -> [MessageView] {
        try await all("/v1/conversations/\(id)/messages?", pageSize: pageSize)
    }

    func all<Item: Codable & Sendable>(
        _ path: String, _: Item.Type = Item.self, pageSize: Int = 100
    ) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let page: Page<Item> = try await get(
                path + "limit=\(pageSize)" + (cursor.map { "&cursor=\($0)" } ?? "")
            ).decoded()
            items += page.data
            cursor = page.nextCursor
        } while cursor != nil
        return items
    }

    func article(_ id: ArticleID) async throws -> ArticleView {
        try await get("/v1/knowledge/articles/\(id)").decoded()
    }

    func importArticles(_ articles: [JSON]) async throws {
        _ = try await post("/v1/knowledge/imports", ["articles": .array(articles)]).expecting(200)
    }

    func overview() async throws -> AnalyticsOverview.Response {
        try await get("/v1/analytics/overview").decoded()
    }
}

/// A small help centre.
enum HelpCentre {
    static let articles: [JSON] = [
        [
            "id": "returns", "title": "Returning a product", "url": "https://shop.example/help/returns",
            "content": """
            You can return unused products within 60 days after you received them. The return label is in \
            your order confirmation.

            ## Refunds
            We refund the purchase price within 5 business days after the parcel has reached our warehouse. \
            Shipping costs are not refunded.
            """,
        ],
        [
            "id": "shipping", "title": "Shipping to Switzerland",
            "content": """
            A parcel to Switzerland takes 4 to 6 business days and costs 12 francs. Customs duties are included.
            """,
        ],
        [
            "id": "gift-cards", "title": "Gift cards",
            "content": """
            Gift cards never expire. You can check the balance of a gift card on the page "My gift card".
            """,
        ],
    ]

    static let question = "How long does a parcel to Switzerland take?"
    static let otherQuestion = "Do gift cards expire?"
    /// Nothing above says anything of it.
    static let unanswerable = "Which volcano erupted in Iceland during the nineteenth century?"
}
