import Contracts
import FoundationEssentials

/// Where the articles are kept, together with their passages.
protocol ArticleRepository: Sendable {
    /// Puts each text in its place, all in one transaction or none.
    ///
    /// `verb` gets the article that has the text's key, or `nil`, and says what it shall be; one without
    /// events is left as it is. May run more than once.
    /// - Returns: The articles, in the order of the texts.
    func place(
        _ texts: [ArticleText], _ context: MessageContext,
        _ verb: @escaping @Sendable (Article?, ArticleText) throws -> Article
    ) async throws -> [Article]

    /// Takes the article away after `verb` has agreed.
    /// - Throws: `.notFound`.
    func remove(
        _ id: ArticleID, _ context: MessageContext, _ verb: @escaping @Sendable (inout Article) throws -> Void
    ) async throws
}

/// Articles to look at.
protocol ArticleViews: Sendable {
    func details(of id: ArticleID) async throws -> ArticleView?
    /// By title, without regard to case.
    /// - Throws: `.invalidCursor`.
    func list(_ page: PageRequest) async throws -> Page<ArticleSummary>
}

/// Finds the passages that share words with a question.
protocol PassageIndex: Sendable {
    /// - Returns: At most `limit` passages, best first, with the frequencies of the question's words.
    func candidates(for question: Question, limit: Int) async throws -> Candidates
}

/// What the index knows about a question.
struct Candidates: Sendable {
    var passages: [Candidate]
    var frequencies: WordFrequencies
}

/// A passage that may answer.
struct Candidate: Sendable, Hashable {
    /// The passage's own number: orders equals.
    let number: Int64
    let articleID: ArticleID
    let title: String
    /// The headings above it, outermost first: `Returns › By mail`.
    let heading: String
    /// Word for word from the article.
    let text: String
    let format: ArticleFormat
    let url: String?
    /// BM25; larger is better.
    let score: Double
}

/// In how many passages each word occurs.
struct WordFrequencies: Sendable {
    let passageCount: Int
    /// By stem; missing means in none.
    let passages: [String: Int]

    /// Inverse document frequency, as BM25 defines it (Robertson and Spärck Jones, with the 1 that keeps it
    /// positive): what a word that occurs in `count` passages tells.
    func weight(ofCount count: Int) -> Double {
        let total = Double(passageCount)
        let count = Double(min(count, passageCount))
        return naturalLogarithm(1 + (total - count + 0.5) / (count + 0.5))
    }

    func count(_ stem: String) -> Int { passages[stem] ?? 0 }
}

/// ln x for x ≥ 1: x = m · 2ⁿ with 1 ≤ m < 2, and ln m = 2 artanh((m − 1) / (m + 1)), whose series has reached a
/// Double's precision after 16 terms.
func naturalLogarithm(_ x: Double) -> Double {
    let z = (x.significand - 1) / (x.significand + 1)
    var (power, sum) = (z, 0.0)
    for index in 0..<16 {
        sum += power / Double(2 * index + 1)
        power *= z * z
    }
    return Double(x.exponent) * 0.693_147_180_559_945_3 + 2 * sum
}
