import Contracts
import Synchronization

@testable import AI

final class InMemoryArticles: ArticleRepository, ArticleViews {
    fileprivate struct State {
        var articles: [ArticleID: Article] = [:]
        var recorded: [Article.Recorded] = []
    }
    private let state = Mutex(State())

    var recorded: [Article.Recorded] { state.withLock { $0.recorded } }
    var all: [Article] { state.withLock { Array($0.articles.values) } }

    func place(
        _ texts: [ArticleText], _ context: MessageContext,
        _ verb: @escaping @Sendable (Article?, ArticleText) throws -> Article
    ) async throws -> [Article] {
        try state.withLock { state in
            var copy = state
            let placed = try texts.map { text in
                let known = copy.articles.values.first { $0.text.key != nil && $0.text.key == text.key }
                let article = try verb(known, text)
                copy.keep(article)
                return article
            }
            state = copy
            return placed
        }
    }

    func remove(
        _ id: ArticleID, _ context: MessageContext, _ verb: @escaping @Sendable (inout Article) throws -> Void
    ) async throws {
        try state.withLock { state in
            guard var article = state.articles[id] else { throw ServiceError.articleNotFound }
            try verb(&article)
            state.articles[id] = nil
            state.recorded += article.events
        }
    }

    func details(of id: ArticleID) async throws -> ArticleView? { state.withLock { $0.articles[id]?.view } }

    func list(_ page: PageRequest) async throws -> Page<ArticleSummary> {
        let views = all.map(\.view).sorted { $0.title < $1.title }
        return Page(
            data: views.prefix(page.limit).map {
                ArticleSummary(id: $0.id, key: $0.key, title: $0.title, updatedAt: $0.updatedAt)
            },
            nextCursor: nil
        )
    }
}

extension InMemoryArticles.State {
    fileprivate mutating func keep(_ article: Article) {
        recorded += article.events
        articles[article.id] = Article(
            id: article.id, text: article.text, createdAt: article.createdAt, updatedAt: article.updatedAt,
            sequence: article.sequence
        )
    }
}
