import Contracts
import ContractsTesting
import Testing

@testable import AI

@Suite struct ArticleHandlerTests {
    private let articles = InMemoryArticles()
    private let clock = TestClock()
    private let uuids = CountingUUIDs()
    private let admin = MessageContext.sample(.sample(role: .admin))

    private func publish(_ draft: ArticleDraft) async throws -> ArticleView {
        try await PublishArticleHandler(articles: articles, now: clock.now, makeUUID: uuids.next)(
            PublishArticle(article: draft), admin
        )
    }

    private func importAll(_ drafts: [ArticleDraft]) async throws -> ImportArticles.Response {
        try await ImportArticlesHandler(articles: articles, now: clock.now, makeUUID: uuids.next)(
            ImportArticles(articles: drafts), admin
        )
    }

    @Test func theSameKeyReplacesAndKeepsTheArticle() async throws {
        let first = try await publish(ArticleDraft(key: "faq", title: "FAQ", content: "Old."))
        clock.advance(by: .seconds(60))
        let second = try await publish(ArticleDraft(key: "faq", title: "FAQ", content: "New."))
        #expect(second.id == first.id)
        #expect(second.content == "New.")
        #expect(second.createdAt == first.createdAt && second.updatedAt > first.updatedAt)
        #expect(articles.recorded.map(\.sequence) == [1, 2])
    }

    @Test func withoutAKeyEachArticleIsNew() async throws {
        let first = try await publish(ArticleDraft(title: "FAQ", content: "Text."))
        #expect(try await publish(ArticleDraft(title: "FAQ", content: "Text.")).id != first.id)
    }

    @Test func anImportSaysWhatBecameOfEachArticle() async throws {
        _ = try await importAll([
            ArticleDraft(key: "a", title: "A", content: "1"), ArticleDraft(key: "b", title: "B", content: "2"),
        ])
        let response = try await importAll([
            ArticleDraft(key: "a", title: "A", content: "1"),
            ArticleDraft(key: "b", title: "B", content: "changed"),
            ArticleDraft(key: "c", title: "C", content: "3"),
        ])
        #expect(response == ImportArticles.Response(created: 1, updated: 1, unchanged: 1))
        #expect(articles.recorded.count == 4)
    }

    @Test func oneWrongArticleStopsTheWholeImportAndIsNamed() async throws {
        let error = await #expect(throws: ServiceError.self) {
            try await importAll([
                ArticleDraft(key: "a", title: "A", content: "1"),
                ArticleDraft(key: "a", title: "B", content: "2"),
                ArticleDraft(title: "C", content: "3", url: "javascript:alert(1)"),
                ArticleDraft(title: " ", content: ""),
            ])
        }
        #expect(error?.kind == .invalid)
        #expect(
            error?.fields.map(\.field) == [
                "articles[1].key", "articles[2].url", "articles[3].title", "articles[3].content",
            ]
        )
        #expect(articles.all.isEmpty)
    }

    @Test(arguments: [
        (ArticleDraft(key: String(repeating: "k", count: 201), title: "T", content: "C"), "key"),
        (ArticleDraft(title: String(repeating: "t", count: 301), content: "C"), "title"),
        (ArticleDraft(title: "T", content: String(repeating: "c", count: 200_001)), "content"),
        (ArticleDraft(title: "T", content: "a\u{0}b"), "content"),
        (ArticleDraft(title: "T", content: "C", url: "ftp://example.com"), "url"),
    ])
    func limitsAreKept(draft: ArticleDraft, field: String) async throws {
        let error = await #expect(throws: ServiceError.self) { try await publish(draft) }
        #expect(error?.fields.map(\.field) == [field])
    }

    @Test func contentIsKeptExactlyAsItCame() async throws {
        let content = "  e\u{301} \r\n\r\n# A\n\t🙂  "
        let view = try await publish(ArticleDraft(title: " Title ", content: content))
        #expect(Array(view.content.utf8) == Array(content.utf8))
        #expect(view.title == "Title")
    }

    @Test func aRemovedArticleIsGone() async throws {
        let view = try await publish(ArticleDraft(title: "FAQ", content: "Text."))
        _ = try await RemoveArticleHandler(articles: articles)(RemoveArticle(id: view.id), admin)
        #expect(articles.recorded.last?.event is ArticleRemoved)
        #expect(articles.recorded.last?.sequence == 2)
        let details = ArticleDetailsHandler(views: articles)
        let error = await #expect(throws: ServiceError.self) {
            try await details(ArticleDetails(id: view.id), admin)
        }
        #expect(error?.code == "ai.article_not_found")
    }

    @Test func onlyManagersChangeArticles() async throws {
        let customer = MessageContext.sample()
        let handler = ImportArticlesHandler(articles: articles, now: clock.now, makeUUID: uuids.next)
        let error = await #expect(throws: ServiceError.self) {
            try await handler(ImportArticles(articles: []), customer)
        }
        #expect(error?.kind == .forbidden)
        let anonymous = MessageContext.sample(.anonymous)
        let list = ArticleListHandler(views: articles)
        let refused = await #expect(throws: ServiceError.self) {
            try await list(ArticleList(page: PageRequest()), anonymous)
        }
        #expect(refused?.kind == .unauthenticated)
    }
}
