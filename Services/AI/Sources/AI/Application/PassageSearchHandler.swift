import Contracts

struct PassageSearchHandler: Sendable {
    static let maximumQueryLength = 1000
    static let maximumLimit = 50

    let index: any PassageIndex

    func callAsFunction(_ query: PassageSearch, _ context: MessageContext) async throws -> [PassageHit] {
        try context.require(.readArticles)
        guard !query.query.trimmed.isEmpty else {
            throw ServiceError.invalid(field: "query", code: "required", "Say what to search for.")
        }
        guard query.query.count <= Self.maximumQueryLength else {
            throw ServiceError.invalid(field: "query", code: "too_long", "At most 1,000 characters.")
        }
        guard (1...Self.maximumLimit).contains(query.limit) else {
            throw ServiceError.invalid(field: "limit", code: "out_of_range", "Ask for 1 to 50 passages.")
        }
        let found = try await index.candidates(for: Question(query.query), limit: query.limit)
        return found.passages.map {
            PassageHit(articleID: $0.articleID, title: $0.title, passage: $0.text, score: $0.score)
        }
    }
}
