import Contracts

struct RemoveArticleHandler: Sendable {
    let articles: any ArticleRepository

    func callAsFunction(_ command: RemoveArticle, _ context: MessageContext) async throws -> Done {
        try context.require(.manageArticles)
        try await articles.remove(command.id, context) { $0.remove() }
        return Done()
    }
}
