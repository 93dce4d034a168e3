import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// `/v1/knowledge`: the articles that answers come from.
struct KnowledgeRoutes {
    let bus: any Bus

    /// One article may be long.
    private static let articleLimit = 2 << 20
    /// A whole help centre.
    private static let importLimit = 24 << 20

    func register(on group: RouterGroup<EdgeContext>) {
        group.get("articles") { request, context in
            try await Response.json(bus.ask(ArticleList(page: request.page), context.message(for: request)))
        }
        group.post("articles") { request, context in
            let body = try await request.decode(ArticleBody.self, limit: Self.articleLimit)
            return try await Response.json(
                bus.send(PublishArticle(article: body.draft), context.message(for: request)), status: .created)
        }
        group.get("articles/:id") { request, context in
            try await Response.json(
                bus.ask(ArticleDetails(id: context.identifier()), context.message(for: request)))
        }
        group.delete("articles/:id") { request, context in
            _ = try await bus.send(RemoveArticle(id: context.identifier()), context.message(for: request))
            return Response(status: .noContent)
        }
        group.post("imports") { request, context in
            let message = try context.message(for: request, timeout: .seconds(60))
            // Before a large body is read at all.
            try message.require(.manageArticles)
            return try await Response.json(bus.send(ImportArticles(articles: drafts(in: request)), message))
        }
        group.post("search") { request, context in
            let body = try await request.decode(SearchBody.self)
            let hits = try await bus.ask(
                PassageSearch(query: body.query, limit: body.limit ?? 10), context.message(for: request))
            return try Response.json(SearchResults(data: hits))
        }
    }

    /// Articles as `{"articles": […]}`, or one per line (`application/x-ndjson`).
    private func drafts(in request: Hummingbird.Request) async throws -> [ArticleDraft] {
        guard request.headers[.contentType]?.hasPrefix("application/x-ndjson") == true else {
            return try await request.decode(ImportBody.self, limit: Self.importLimit).articles.map(\.draft)
        }
        let lines = try await request.bytes(limit: Self.importLimit)
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated().filter { !$0.element.isEmpty }
        return try lines.enumerated().map { index, numbered in
            let (lineIndex, line) = numbered
            do {
                return try Hummingbird.Request.decode(ArticleBody.self, from: line).draft
            } catch let problem as ServiceError {
                let field = "articles[\(index)]" + (problem.fields.first.map { ".\($0.field)" } ?? "")
                throw ServiceError.invalid(
                    field: field, code: problem.fields.first?.code ?? problem.code,
                    "Line \(lineIndex + 1): \(problem.message)")
            }
        }
    }
}

private struct ArticleBody: Decodable {
    let draft: ArticleDraft

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        draft = ArticleDraft(
            // Exports of other help desks call it id.
            key: try container.decodeIfPresent(String.self, forKey: .key)
                ?? container.decodeIfPresent(String.self, forKey: .id),
            title: try container.decode(String.self, forKey: .title),
            content: try container.decode(String.self, forKey: .content),
            format: try container.decodeIfPresent(ArticleFormat.self, forKey: .format) ?? .markdown,
            url: try container.decodeIfPresent(String.self, forKey: .url))
    }

    private enum CodingKeys: String, CodingKey {
        case id, key, title, content, format, url
    }
}

private struct ImportBody: Decodable {
    let articles: [ArticleBody]
}

private struct SearchBody: Decodable {
    let query: String
    let limit: Int?
}

private struct SearchResults: Encodable {
    let data: [PassageHit]
}
