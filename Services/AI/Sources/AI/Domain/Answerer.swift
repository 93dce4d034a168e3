import Contracts

/// Answers a question with the articles' own words, or says that they don't say.
///
/// Extractive on purpose: what it shows stands in an article, word for word, with the place. It can pick the
/// wrong sentence; it can't make one up.
struct Answerer: Sendable {
    /// At most this many places in one answer.
    static let maximumCitations = 3
    /// Passages that are looked at.
    static let candidateLimit = 50

    func answer(_ text: String, from found: Candidates) -> AnswerView {
        let question = Question(text)
        let ranking = PassageRanking(question, among: found)
        guard let best = ranking.ranked.first else { return .abstention(confidence: 0) }
        let confidence = ranking.cover(best.stems.title.union(best.stems.heading).union(best.stems.text))
        guard ranking.supports(best) else { return .abstention(confidence: confidence) }
        var quotes = QuotePicker(ranking: ranking, passage: best).quotes()
        if let other = rival(of: best, in: ranking) {
            let more = QuotePicker(ranking: ranking, passage: other).quotes().prefix(1)
            quotes += more.filter { quote in !quotes.contains { $0.saysTheSame(as: quote) } }
        }
        let parts = quotes.prefix(Self.maximumCitations).enumerated().map { index, quote in
            quote.shown + (quote.shown.contains("\n") ? "\n" : " ") + "[\(index + 1)]"
        }
        return AnswerView(
            answer: parts.joined(separator: quotes.contains { $0.shown.contains("\n") } ? "\n\n" : " "),
            abstained: false, citations: quotes.prefix(Self.maximumCitations).map(\.citation),
            confidence: confidence
        )
    }

    /// The best passage of another article when it fits nearly as well: then both are shown, for either may be
    /// the one that is meant.
    private func rival(of best: PassageRanking.Ranked, in ranking: PassageRanking) -> PassageRanking.Ranked? {
        guard let other = ranking.ranked.first(where: { $0.candidate.articleID != best.candidate.articleID }),
            other.score >= 0.9 * best.score, ranking.supports(other)
        else { return nil }
        return other
    }
}

extension AnswerView {
    static func abstention(confidence: Double) -> AnswerView {
        AnswerView(
            answer: """
                I couldn't find that in our help articles, and I don't want to guess. Try other words, or name \
                the product or the step that you mean.
                """,
            abstained: true, citations: [], confidence: confidence
        )
    }
}

/// A place in an article, ready to be shown.
struct Quote {
    let citation: Citation
    let shown: String

    /// Two articles often say one thing in the same words.
    func saysTheSame(as other: Quote) -> Bool {
        let (own, others) = (Words.stems(shown), Words.stems(other.shown))
        let common = own.intersection(others).count
        return 10 * common >= 7 * min(own.count, others.count)
    }
}
