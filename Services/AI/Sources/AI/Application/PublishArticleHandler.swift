import Contracts
import FoundationEssentials

struct PublishArticleHandler: Sendable {
    let articles: any ArticleRepository
    let now: @Sendable () -> Instant
    let makeUUID: @Sendable () -> UUID

    func callAsFunction(_ command: PublishArticle, _ context: MessageContext) async throws -> ArticleView {
        try context.require(.manageArticles)
        let published = try await articles.publish(
            [ArticleText(command.article)], context, at: now(), makeUUID: makeUUID
        )
        return published[0].view
    }
}

extension ArticleRepository {
    /// Puts the texts in place of the articles with their keys, or beside the others.
    func publish(
        _ texts: [ArticleText], _ context: MessageContext, at now: Instant,
        makeUUID: @escaping @Sendable () -> UUID
    ) async throws -> [Article] {
        try await place(texts, context) { article, text in
            guard var article else { return Article(publishing: text, id: ArticleID(makeUUID()), at: now) }
            article.replace(with: text, at: now)
            return article
        }
    }
}
