import Contracts
import FoundationEssentials

struct ImportArticlesHandler: Sendable {
    let articles: any ArticleRepository
    let now: @Sendable () -> Instant
    let makeUUID: @Sendable () -> UUID

    func callAsFunction(_ command: ImportArticles, _ context: MessageContext) async throws
        -> ImportArticles.Response
    {
        try context.require(.manageArticles)
        let texts = try Self.check(command.articles)
        let placed = try await articles.publish(texts, context, at: now(), makeUUID: makeUUID)
        let outcomes = placed.map(\.outcome)
        return ImportArticles.Response(
            created: outcomes.count { $0 == .created }, updated: outcomes.count { $0 == .updated },
            unchanged: outcomes.count { $0 == .unchanged }
        )
    }

    /// - Throws: `.invalid` naming the fields of all wrong articles, `articles[3].title`.
    private static func check(_ drafts: [ArticleDraft]) throws(ServiceError) -> [ArticleText] {
        guard drafts.count <= ImportArticles.maximumCount else {
            throw .invalid(
                field: "articles", code: "too_many",
                "Import at most \(ImportArticles.maximumCount) articles at once."
            )
        }
        var texts: [ArticleText] = []
        var problems: [ServiceError.Field] = []
        var keys: Set<String> = []
        for (index, draft) in drafts.enumerated() {
            do {
                texts.append(try ArticleText(draft, path: "articles[\(index)]."))
            } catch {
                problems += error.fields
            }
            // Which of the two should stay, nobody could say.
            if let key = draft.key, !keys.insert(key).inserted {
                problems.append(
                    ServiceError.Field(
                        field: "articles[\(index)].key", code: "duplicate",
                        message: "Another article has this key."
                    )
                )
            }
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        return texts
    }
}
