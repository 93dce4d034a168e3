/// What somebody asks, reduced to the words that carry it.
struct Question: Sendable, Hashable {
    /// More say nothing new, and each costs a look-up.
    static let maximumTerms = 32

    let terms: [Term]
    /// Asks how something is done: then the steps belong together.
    let asksHow: Bool
    /// Asks how much, how long, when: then a number is likely the answer.
    let asksForNumber: Bool

    struct Term: Sendable, Hashable {
        let word: String
        let stem: String
        let synonyms: [Vocabulary.Synonym]
        let isWeak: Bool
    }

    init(_ text: String) {
        let words = Self.withPhrases(Words.split(text.prefix(4000)))
        var seen: Set<String> = []
        var terms: [Term] = []
        for word in words where !Vocabulary.stopWords.contains(word) && (word.count > 1 || word.first!.isNumber)
        {
            let stem = PorterStemmer.stem(word)
            guard terms.count < Self.maximumTerms, seen.insert(stem).inserted else { continue }
            terms.append(
                Term(
                    word: word, stem: stem, synonyms: Vocabulary.synonyms[stem] ?? [],
                    isWeak: Vocabulary.weakStems.contains(stem)
                )
            )
        }
        self.terms = terms
        let all = Words.split(text.prefix(4000))
        let pairs = zip(all, all.dropFirst())
        asksHow = pairs.contains { first, second in
            first == "how" && Self.helpingVerbs.contains(second)
                || first == "what" && ["should", "can", "must"].contains(second)
        }
        asksForNumber =
            all.contains { Self.numberWords.contains($0) }
            || pairs.contains { first, second in
                first == "how" && Self.measures.contains(second)
                    || ["what", "the"].contains(first) && Self.quantities.contains(second)
            }
    }

    /// The words to look up, the question's own first, each once.
    /// - Parameter commonness: Words that it says are too common are left out while rarer ones remain: they
    ///   match nearly everything and cost time.
    func searchWords(isTooCommon: (String) -> Bool) -> [String] {
        var words = terms.map { (word: $0.word, stem: $0.stem) }
        for term in terms { words += term.synonyms.map { ($0.word, $0.stem) } }
        let rare = words.filter { !isTooCommon($0.stem) }
        var seen: Set<String> = []
        return (rare.isEmpty ? words : rare).compactMap { seen.insert($0.stem).inserted ? $0.word : nil }
            .prefix(Self.maximumTerms).map { $0 }
    }

    /// Every stem whose frequency matters.
    var stems: Set<String> {
        Set(terms.flatMap { [$0.stem] + $0.synonyms.map(\.stem) })
    }

    private static func withPhrases(_ words: [String]) -> [String] {
        var words = words
        for (phrase, word) in Vocabulary.phrases {
            guard let found = indices(of: phrase, in: words) else { continue }
            words[found[0]] = word
            for index in found.dropFirst().reversed() { words.remove(at: index) }
        }
        return words
    }

    private static func indices(of phrase: [String], in words: [String]) -> [Int]? {
        for start in words.indices where words[start] == phrase[0] {
            var found = [start]
            for part in phrase.dropFirst() {
                let next = found.last! + 1
                guard let index = words[next..<min(next + 2, words.count)].firstIndex(of: part) else { break }
                found.append(index)
            }
            if found.count == phrase.count { return found }
        }
        return nil
    }

    private static let helpingVerbs: Set<String> = [
        "do", "can", "to", "should", "could", "does", "would", "must",
    ]
    private static let numberWords: Set<String> = ["when", "cost", "charge", "price"]
    private static let measures: Set<String> = [
        "much", "many", "long", "fast", "soon", "quickly", "often", "old", "big", "high", "late",
    ]
    private static let quantities: Set<String> = [
        "rate", "limit", "amount", "percent", "percentage", "age", "score", "time", "fee", "interest",
        "balance",
        "cost", "price", "maximum", "minimum", "max", "min", "most", "least", "smallest", "largest", "highest",
        "lowest", "charge", "deadline",
    ]
}
