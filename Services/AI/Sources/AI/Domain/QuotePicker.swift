import Contracts

/// Picks the sentences, steps or rows of one passage that answer best.
struct QuotePicker {
    private let ranking: PassageRanking
    private let passage: PassageRanking.Ranked
    private let text: [UInt8]
    private let units: [PassageUnit]
    private let stems: [Set<String>]
    private let scores: [Double]

    /// How long one quote may get by keeping a procedure or a table together.
    private static let maximumBytes = 900
    private static let maximumUnits = 3
    private static let maximumSteps = 8

    init(ranking: PassageRanking, passage: PassageRanking.Ranked) {
        self.ranking = ranking
        self.passage = passage
        text = Array(passage.candidate.text.utf8)
        units = passage.units.map(\.unit)
        stems = passage.units.map(\.stems)
        // Of equals the earlier one: what matters is said first.
        scores = passage.units.enumerated().map { index, unit in
            ranking.cover(of: unit, under: passage.stems) - 0.01 * Double(index)
        }
    }

    /// In the order of the article; units that follow each other make one quote.
    func quotes() -> [Quote] {
        guard let best = units.indices.max(by: { scores[$0] < scores[$1] }) else { return [] }
        let chosen: [ClosedRange<Int>]
        if let lead = lead() {
            chosen = [lead]
        } else if let whole = whole(around: best) {
            chosen = [whole]
        } else {
            chosen = runs(of: bestUnits(with: best))
        }
        return chosen.map { run in
            let range = units[run.lowerBound].range.lowerBound..<units[run.upperBound].range.upperBound
            let quote = text.text(range)
            let candidate = passage.candidate
            return Quote(
                citation: Citation(
                    articleID: candidate.articleID, title: candidate.title, quote: quote, url: candidate.url
                ),
                shown: ShownText.show(quote, format: candidate.format)
            )
        }
    }

    /// The beginning of the passage when its own heading says most of what is asked: then it is the answer as
    /// its writer began it.
    private func lead() -> ClosedRange<Int>? {
        let covered = ranking.cover(passage.stems.heading)
        guard covered >= 0.6,
            !stems.contains(where: { ranking.cover($0.union(passage.stems.heading)) >= covered + 0.15 })
        else { return nil }
        if units[0].kind != .sentence { return fitting(group(around: 0)) }
        if let whole = whole(around: 0) { return whole }
        let last = min(1, units.count - 1)
        return fitting(0...(units[last].kind == .sentence ? last : 0))
    }

    /// The procedure or table that the unit is a part of, when it makes sense only as a whole.
    private func whole(around best: Int) -> ClosedRange<Int>? {
        switch units[best].kind {
        case .row, .step: return fitting(group(around: best))
        case .bullet where ranking.question.asksHow: return fitting(group(around: best))
        case .sentence where ranking.question.asksHow || endsWithColon(best):
            // "Follow these steps:" is nothing without them.
            guard best + 1 < units.count, units[best + 1].kind != .sentence, units[best + 1].kind != .row,
                let list = fitting(group(around: best + 1)), list.lowerBound == best + 1
            else { return nil }
            return fitting(best...list.upperBound) ?? list
        default: return nil
        }
    }

    /// The units of the same kind before and after.
    private func group(around index: Int) -> ClosedRange<Int> {
        let kind = units[index].kind
        let first = units[..<index].lastIndex { $0.kind != kind }.map { $0 + 1 } ?? 0
        let last = units[index...].firstIndex { $0.kind != kind }.map { $0 - 1 } ?? units.count - 1
        return first...last
    }

    private func fitting(_ run: ClosedRange<Int>) -> ClosedRange<Int>? {
        let bytes = units[run.upperBound].range.upperBound - units[run.lowerBound].range.lowerBound
        return bytes <= Self.maximumBytes && run.count <= Self.maximumSteps + 1 ? run : nil
    }

    /// The best one, and up to two more that add something: words of the question that are still open, or the
    /// end of a thought that the best one only begins.
    private func bestUnits(with best: Int) -> Set<Int> {
        var chosen: Set<Int> = [best]
        var covered = stems[best].union(passage.stems.heading)
        if endsWithColon(best) || units[best].range.count < 40, best + 1 < units.count {
            chosen.insert(best + 1)
            covered.formUnion(stems[best + 1])
        }
        for index in units.indices.sorted(by: { scores[$0] > scores[$1] }) where !chosen.contains(index) {
            guard chosen.count < Self.maximumUnits else { break }
            let gain = ranking.cover(covered.union(stems[index])) - ranking.cover(covered)
            let followsOn = chosen.contains(index - 1) && scores[index] >= 0.8 * scores[best]
            guard gain >= 0.15 || followsOn else { continue }
            chosen.insert(index)
            covered.formUnion(stems[index])
        }
        return chosen
    }

    private func endsWithColon(_ index: Int) -> Bool { text[units[index].range].last == UInt8(ascii: ":") }

    private func runs(of chosen: Set<Int>) -> [ClosedRange<Int>] {
        var runs: [ClosedRange<Int>] = []
        for index in chosen.sorted() {
            if let last = runs.last, last.upperBound + 1 == index {
                runs[runs.count - 1] = last.lowerBound...index
            } else {
                runs.append(index...index)
            }
        }
        return runs
    }
}
