import Contracts

struct ArticleDetailsHandler: Sendable {
    let views: any ArticleViews

    func callAsFunction(_ query: ArticleDetails, _ context: MessageContext) async throws -> ArticleView {
        try context.require(.readArticles)
        guard let view = try await views.details(of: query.id) else { throw ServiceError.articleNotFound }
        return view
    }
}
