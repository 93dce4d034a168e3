import Contracts

struct ArticleListHandler: Sendable {
    let views: any ArticleViews

    func callAsFunction(_ query: ArticleList, _ context: MessageContext) async throws -> Page<ArticleSummary> {
        try context.require(.readArticles)
        return try await views.list(query.page)
    }
}
