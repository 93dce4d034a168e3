import Contracts

/// Orders the passages by how well they fit a question, and says how much of the question the best one covers.
///
/// BM25 finds the candidates; here every word of the question counts once, weighed by its rarity, and it
/// matters where it stands: a title or heading says what a passage is about. The numbers were tuned on questions
/// in `Tests/AITests/Evaluation`; the README says how well they do.
struct PassageRanking: Sendable {
    let question: Question
    /// Weight of each of the question's words, by stem.
    let weights: [String: Double]
    let totalWeight: Double
    /// Best first.
    let ranked: [Ranked]

    struct Ranked: Sendable {
        let candidate: Candidate
        let stems: Stems
        let units: [Unit]
        let score: Double
    }

    /// A unit of the passage, with what is asked of it again and again.
    struct Unit: Sendable {
        let unit: PassageUnit
        let stems: Set<String>
        let hasNumber: Bool
    }

    /// The stems of a passage's parts.
    struct Stems: Sendable {
        let title: Set<String>
        let heading: Set<String>
        let text: Set<String>
    }

    init(_ question: Question, among found: Candidates) {
        self.question = question
        let weights = Dictionary(
            question.terms.map { ($0.stem, Self.weight(of: $0, found.frequencies)) },
            uniquingKeysWith: { first, _ in first }
        )
        self.weights = weights
        totalWeight = weights.values.reduce(0, +)
        let best = found.passages.map(\.score).max() ?? 1
        let unranked = PassageRanking(
            question: question, weights: weights, totalWeight: totalWeight, ranked: [])
        var seen: [ArticleID: Int] = [:]
        ranked = found.passages.sorted { $0.number < $1.number }.map { candidate in
            let place = seen[candidate.articleID, default: 0]
            seen[candidate.articleID] = place + 1
            let units = Self.units(of: candidate)
            let stems = Stems(
                title: Words.stems(candidate.title), heading: Words.stems(candidate.heading),
                text: units.reduce(into: []) { $0.formUnion($1.stems) }
            )
            // What matters most is said first.
            let score = unranked.score(candidate, stems, units, bestBM25: best) - 0.02 * Double(min(place, 5))
            return Ranked(candidate: candidate, stems: stems, units: units, score: score)
        }.sorted { ($0.score, $0.candidate.number) > ($1.score, $1.candidate.number) }
    }

    private init(question: Question, weights: [String: Double], totalWeight: Double, ranked: [Ranked]) {
        (self.question, self.weights, self.totalWeight, self.ranked) = (question, weights, totalWeight, ranked)
    }

    /// How much a word counts in these words: all, or somewhat when only its like is there.
    func match(_ term: Question.Term, in stems: Set<String>) -> Double {
        if stems.contains(term.stem) { return 1 }
        return term.synonyms.contains { stems.contains($0.stem) } ? 0.7 : 0
    }

    func weight(of term: Question.Term) -> Double { weights[term.stem] ?? 0 }

    /// The share of the question that the words cover, 0 to 1, by weight.
    func cover(_ stems: Set<String>) -> Double {
        guard totalWeight > 0 else { return 0 }
        return question.terms.reduce(0) { $0 + weight(of: $1) * match($1, in: stems) } / totalWeight
    }

    /// Whether the passage says enough of what is asked to be shown as an answer.
    ///
    /// Three things speak for it: the share of the question it covers, the share that its title and headings
    /// cover, and the number of words in common, for one or two may meet by chance. A word that is in no
    /// article weighs most of all, so a question about something unknown covers little and is declined.
    func supports(_ ranked: Ranked) -> Bool {
        let topic = ranked.stems.title.union(ranked.stems.heading)
        let all = topic.union(ranked.stems.text)
        let cover = cover(all)
        let common = question.terms.count { match($0, in: all) > 0 }
        return cover >= 0.35 && cover + self.cover(topic) + 0.5 * Double(min(common, 6)) >= 2.25
    }

    /// The unit's share of the question; what its headings say already counts in part.
    func cover(of unit: Unit, under stems: Stems) -> Double {
        guard totalWeight > 0 else { return 0 }
        let sum = question.terms.reduce(0.0) { sum, term in
            let match = max(
                match(term, in: unit.stems), 0.5 * match(term, in: stems.heading),
                0.6 * match(term, in: stems.title)
            )
            return sum + weight(of: term) * match
        }
        return sum / totalWeight + (question.asksForNumber && unit.hasNumber ? 0.2 : 0)
    }

    private static func units(of candidate: Candidate) -> [Unit] {
        let text = Array(candidate.text.utf8)
        return PassageUnit.all(in: text, format: candidate.format).map {
            Unit(unit: $0, stems: Words.stems(text.text($0.range)), hasNumber: text[$0.range].hasDigit)
        }
    }

    private func score(_ candidate: Candidate, _ stems: Stems, _ units: [Unit], bestBM25: Double) -> Double {
        guard totalWeight > 0 else { return 0 }
        var sum = 0.0
        for term in question.terms {
            let places = [
                1.4 * match(term, in: stems.title), 0.8 * match(term, in: stems.heading),
                match(term, in: stems.text),
            ]
            let best = places.max()!
            sum += weight(of: term) * (best + 0.25 * (places.reduce(0, +) - best))
        }
        let bestUnit = units.map { cover(of: $0, under: stems) }.max()
        return sum / totalWeight + 0.4 * candidate.score / bestBM25 + 0.3 * (bestUnit ?? 0)
            - 0.04 * Double(strangers(in: stems.title))
    }

    /// How many words of a title the question doesn't have: it is more special than what is asked.
    private func strangers(in title: Set<String>) -> Int {
        title.count { stem in
            weights[stem] == nil && !Self.stopStems.contains(stem)
                && !(Vocabulary.synonyms[stem] ?? []).contains { weights[$0.stem] != nil }
        }
    }

    private static func weight(of term: Question.Term, _ frequencies: WordFrequencies) -> Double {
        var count = frequencies.count(term.stem)
        // In no article itself, but articles say it in another word.
        if count == 0 { count = term.synonyms.reduce(0) { $0 + frequencies.count($1.stem) } }
        let weight = frequencies.weight(ofCount: count)
        // "Why" tells what kind of article is wanted, not what about.
        return weight * (term.isWeak ? 0.5 : 1) * (term.stem == "why" ? 0.3 : 1)
    }

    private static let stopStems = Set(Vocabulary.stopWords.map { PorterStemmer.stem($0) })
}

extension ArraySlice<UInt8> {
    var hasDigit: Bool { contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
}
