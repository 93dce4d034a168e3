import Contracts

import Synchronization

@testable import AI

/// Passages in memory, found and scored by the same formula as the index: BM25 with weighted columns, over
/// stems.
final class InMemoryPassages: PassageIndex {
    private struct Entry {
        let candidate: Candidate
        let counts: [String: Double]
        let length: Double
    }
    private let entries: Mutex<[Entry]> = Mutex([])
    private let failure: Mutex<(any Error)?> = Mutex(nil)

    init(_ articles: [Article] = []) {
        for article in articles { add(article) }
    }

    func add(_ article: Article) {
        let text = article.text
        for passage in Passage.cut(text.content, format: text.format) {
            entries.withLock { entries in
                let columns = [(text.title, 5.0), (passage.heading, 2), (passage.text, 1)]
                var counts: [String: Double] = [:]
                for (column, weight) in columns {
                    for word in Words.split(column) { counts[PorterStemmer.stem(word), default: 0] += weight }
                }
                entries.append(
                    Entry(
                        candidate: Candidate(
                            number: Int64(entries.count + 1), articleID: article.id, title: text.title,
                            heading: passage.heading, text: passage.text, format: text.format, url: text.url,
                            score: 0
                        ),
                        counts: counts, length: Double(columns.map { Words.split($0.0).count }.reduce(0, +))
                    )
                )
            }
        }
    }

    func fail(with error: (any Error)?) { failure.withLock { $0 = error } }

    func candidates(for question: Question, limit: Int) async throws -> Candidates {
        if let error = failure.withLock({ $0 }) { throw error }
        return entries.withLock { entries in
            var passages: [String: Int] = [:]
            for stem in question.stems { passages[stem] = entries.count { $0.counts[stem] != nil } }
            let frequencies = WordFrequencies(passageCount: entries.count, passages: passages)
            let average = entries.map(\.length).reduce(0, +) / Double(max(1, entries.count))
            let stems = question.searchWords { _ in false }.map { PorterStemmer.stem($0) }
            let found = entries.compactMap { entry -> Candidate? in
                let score = stems.reduce(0.0) { sum, stem in
                    guard let count = entry.counts[stem] else { return sum }
                    let saturation = count * 2.2 / (count + 1.2 * (0.25 + 0.75 * entry.length / average))
                    return sum + frequencies.weight(ofCount: frequencies.count(stem)) * saturation
                }
                let known = entry.candidate
                guard score > 0 else { return nil }
                return Candidate(
                    number: known.number, articleID: known.articleID, title: known.title,
                    heading: known.heading,
                    text: known.text, format: known.format, url: known.url, score: score
                )
            }
            return Candidates(
                passages: Array(found.sorted { $0.score > $1.score }.prefix(limit)), frequencies: frequencies
            )
        }
    }
}
