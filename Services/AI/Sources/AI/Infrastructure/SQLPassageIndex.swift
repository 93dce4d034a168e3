import Contracts

/// Full-text search over the passages.
///
/// All full-text SQL is in this file and in the second migration: PostgreSQL gets a variant beside it. This
/// one is FTS5 as of SQLite 3.40.
struct SQLPassageIndex: PassageIndex {
    let database: any Database

    /// From here on a word counts as common, whatever its share: scoring so many matches takes longer than
    /// the word is worth.
    private static let commonCount = 5000

    func candidates(for question: Question, limit: Int) async throws -> Candidates {
        guard !question.terms.isEmpty else {
            return Candidates(passages: [], frequencies: WordFrequencies(passageCount: 0, passages: [:]))
        }
        // One read: frequencies and passages belong to the same moment.
        return try await database.read { reader in
            let frequencies = try Self.frequencies(of: question.stems, reader)
            let words = question.searchWords { frequencies.count($0) > Self.commonCount }
            let rows = try reader.query(Self.search(Self.expression(words), limit: limit))
            return Candidates(passages: try rows.map(Self.candidate), frequencies: frequencies)
        }
    }

    /// `"refund" OR "reimburse"`. Words are letters and digits only and stand in quotation marks, so nothing
    /// in a question is ever read as the index's own syntax.
    static func expression(_ words: [String]) -> String {
        words.map { "\"\($0)\"" }.joined(separator: " OR ")
    }

    /// The best are chosen before anything is joined to them. A match in the title weighs 5, in a heading 2.
    private static func search(_ expression: String, limit: Int) -> SQL {
        """
        SELECT passages.id, passages.article_id, passages.title, passages.heading, passages.text,
               articles.format, articles.url, best.score
        FROM (
            SELECT rowid AS id, bm25(passage_index, 5.0, 2.0, 1.0) AS score
            FROM passage_index WHERE passage_index MATCH \(expression)
            ORDER BY score, rowid LIMIT \(limit)
        ) AS best
        JOIN passages ON passages.id = best.id
        JOIN articles ON articles.id = passages.article_id
        ORDER BY best.score, passages.id
        """
    }

    private static func frequencies(of stems: Set<String>, _ reader: any SQLReader) throws -> WordFrequencies {
        var list: SQL = ""
        for (index, stem) in stems.sorted().enumerated() {
            list = list + (index == 0 ? "" : ", ") + "\(stem)"
        }
        let rows = try reader.query("SELECT term, doc FROM passage_words WHERE term IN (\(list))")
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.value("term")] = try row.value("doc") as Int }
        let total: Int = try reader.first("SELECT count(*) AS total FROM passages")?.value("total") ?? 0
        return WordFrequencies(passageCount: total, passages: counts)
    }

    private static func candidate(_ row: SQLRow) throws -> Candidate {
        Candidate(
            number: try row.value("id"), articleID: try row.value("article_id"), title: try row.value("title"),
            heading: try row.value("heading"), text: try row.value("text"), format: try row.value("format"),
            // FTS5 gives the better match the lower number.
            url: try row.value("url"), score: -(try row.value("score") as Double)
        )
    }
}
