import Contracts

/// Full-text search over the passages: FTS5 as of SQLite 3.40, `tsvector` in PostgreSQL.
///
/// All full-text SQL is in this file and in the second migration, which says where the two take different words
/// for one. Both score by the same formula, so they give the same answers.
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
            let frequencies = try Self.frequencies(of: question, reader)
            let words = question.searchWords { frequencies.count($0) > Self.commonCount }
            let best: SQL =
                switch reader.dialect {
                case .sqlite: Self.bestInSQLite(Self.expression(words), limit: limit)
                case .postgres: Self.bestInPostgreSQL(words, frequencies, limit: limit)
                }
            // The best are chosen before anything is joined to them.
            let rows = try reader.query(
                """
                SELECT passages.id, passages.article_id, passages.title, passages.heading, passages.text,
                       articles.format, articles.url, best.score
                FROM (\(best)) AS best
                JOIN passages ON passages.id = best.id
                JOIN articles ON articles.id = passages.article_id
                ORDER BY best.score DESC, passages.id
                """)
            return Candidates(passages: try rows.map(Self.candidate), frequencies: frequencies)
        }
    }

    private static func frequencies(of question: Question, _ reader: any SQLReader) throws -> WordFrequencies {
        let statement: SQL =
            switch reader.dialect {
            case .sqlite:
                "SELECT term, doc FROM passage_words WHERE term IN (\(SQL.list(question.stems.sorted())))"
            case .postgres: countsInPostgreSQL(of: question)
            }
        var counts: [String: Int] = [:]
        for row in try reader.query(statement) { counts[try row.value("term")] = try row.value("doc") as Int }
        let total: Int = try reader.first("SELECT count(*) AS total FROM passages")?.value("total") ?? 0
        return WordFrequencies(passageCount: total, passages: counts)
    }

    private static func candidate(_ row: SQLRow) throws -> Candidate {
        Candidate(
            number: try row.value("id"), articleID: try row.value("article_id"), title: try row.value("title"),
            heading: try row.value("heading"), text: try row.value("text"), format: try row.value("format"),
            url: try row.value("url"), score: try row.value("score")
        )
    }
}

// MARK: - SQLite

extension SQLPassageIndex {
    /// `"refund" OR "reimburse"`. Words are letters and digits only and stand in quotation marks, so nothing
    /// in a question is ever read as the index's own syntax.
    static func expression(_ words: [String]) -> String {
        words.map { "\"\($0)\"" }.joined(separator: " OR ")
    }

    /// A match in the title weighs 5, in a heading 2. FTS5 gives the better match the lower number.
    private static func bestInSQLite(_ expression: String, limit: Int) -> SQL {
        """
        SELECT rowid AS id, -bm25(passage_index, 5.0, 2.0, 1.0) AS score
        FROM passage_index WHERE passage_index MATCH \(expression)
        ORDER BY score DESC, rowid LIMIT \(limit)
        """
    }
}

// MARK: - PostgreSQL

extension SQLPassageIndex {
    /// Counted word by word out of the GIN index: PostgreSQL keeps no such numbers, and one row a word that
    /// every publication updates would make publications conflict.
    private static func countsInPostgreSQL(of question: Question) -> SQL {
        let words =
            question.terms.map { ($0.stem, $0.word) }
            + question.terms.flatMap { $0.synonyms.map { ($0.stem, $0.word) } }
        let asked = Dictionary(words, uniquingKeysWith: { first, _ in first }).sorted { $0.key < $1.key }
        return """
            SELECT asked.stem AS term, (
                SELECT count(*)
                FROM passages, plainto_tsquery('passage_words', passage_spelling(asked.word)) AS query
                WHERE words @@ query
            ) AS doc
            FROM (VALUES \(list(asked.map { "(\($0.key), \($0.value))" }))) AS asked (stem, word)
            """
    }

    /// BM25 as FTS5 computes it (k₁ = 1.2, b = 0.75; a match in the title weighs 5, in a heading 2), since
    /// PostgreSQL's own ranks know nothing of a word's rarity. With one word the rank by cover density is the
    /// sum of its matches' weights: what BM25 calls the frequency.
    /// Source: https://www.sqlite.org/fts5.html, section 5.1.1.
    private static func bestInPostgreSQL(_ words: [String], _ frequencies: WordFrequencies, limit: Int) -> SQL {
        let asked = list(
            words.map { word in
                let weight = rarity(frequencies.count(PorterStemmer.stem(word)), of: frequencies.passageCount)
                return "(\(word), CAST(\(weight) AS double precision))"
            })
        return """
            SELECT found.id, sum(
                asked.weight * found.frequency * 2.2
                / (found.frequency + 0.3 + found.word_count / average.word_count * 0.9)
            ) AS score
            FROM (VALUES \(asked)) AS asked (word, weight)
            CROSS JOIN (SELECT CAST(avg(word_count) AS double precision) FROM passages) AS average (word_count)
            CROSS JOIN LATERAL (
                SELECT id, word_count, round(5 * ts_rank_cd('{0.2, 0.2, 0.4, 1}', words, query)) AS frequency
                FROM passages, plainto_tsquery('passage_words', passage_spelling(asked.word)) AS query
                WHERE words @@ query LIMIT \(commonCount)
            ) AS found
            GROUP BY found.id ORDER BY score DESC, found.id LIMIT \(limit)
            """
    }

    /// BM25's inverse document frequency in FTS5's form, which leaves next to nothing of a word that half of all
    /// passages have.
    private static func rarity(_ count: Int, of total: Int) -> Double {
        let (rest, count) = (Double(total - count) + 0.5, Double(count) + 0.5)
        return rest > count ? naturalLogarithm(rest / count) : 1e-6
    }

    private static func list(_ rows: [SQL]) -> SQL {
        rows.dropFirst().reduce(rows[0]) { "\($0), \($1)" }
    }
}
