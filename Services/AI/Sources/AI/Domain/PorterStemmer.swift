/// Brings the forms of an English word to one stem: `connected`, `connection` → `connect`.
///
/// M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, with the three departures of
/// Porter's own published implementation (`bli`, `logi`, words of two letters kept). The index stems by the
/// same rules, so a stem from here finds its word there.
struct PorterStemmer {
    private var word: [UInt8]

    /// - Parameter word: In lower case. What isn't ASCII letters comes back as it is.
    static func stem(_ word: String) -> String {
        let bytes = Array(word.utf8)
        guard bytes.count > 2, bytes.count < 64, bytes.allSatisfy({ $0 < 0x80 }) else { return word }
        var stemmer = PorterStemmer(word: bytes)
        stemmer.removePlural()
        stemmer.removePastAndProgressive()
        stemmer.turnY()
        stemmer.replaceSuffix(Self.doubleSuffixes) { $0 > 0 }
        stemmer.replaceSuffix(Self.icativeSuffixes) { $0 > 0 }
        stemmer.removeSuffix()
        stemmer.tidy()
        return String(decoding: stemmer.word, as: UTF8.self)
    }

    // Step 1a.
    private mutating func removePlural() {
        if ends("sses") || ends("ies") {
            word.removeLast(2)
        } else if ends("s"), !ends("ss") {
            word.removeLast()
        }
    }

    // Step 1b.
    private mutating func removePastAndProgressive() {
        if ends("eed") {
            if measure(word.dropLast(3)) > 0 { word.removeLast() }
            return
        }
        let length = ends("ed") ? 2 : ends("ing") ? 3 : 0
        guard length > 0, hasVowel(word.dropLast(length)) else { return }
        word.removeLast(length)
        if ends("at") || ends("bl") || ends("iz") {
            word.append(UInt8(ascii: "e"))
        } else if endsInDoubleConsonant, !"lsz".utf8.contains(word.last!) {
            word.removeLast()
        } else if measure(word[...]) == 1, endsInShortSyllable(word[...]) {
            word.append(UInt8(ascii: "e"))
        }
    }

    // Step 1c.
    private mutating func turnY() {
        if ends("y"), hasVowel(word.dropLast()) { word[word.count - 1] = UInt8(ascii: "i") }
    }

    // Steps 2 and 3: only the longest suffix counts, even when its condition fails.
    private mutating func replaceSuffix(_ table: [(String, String)], where condition: (Int) -> Bool) {
        guard let (suffix, replacement) = table.first(where: { ends($0.0) }) else { return }
        guard condition(measure(word.dropLast(suffix.utf8.count))) else { return }
        word.removeLast(suffix.utf8.count)
        word.append(contentsOf: replacement.utf8)
    }

    // Step 4.
    private mutating func removeSuffix() {
        guard let suffix = Self.plainSuffixes.first(where: { ends($0) }) else { return }
        let rest = word.dropLast(suffix.utf8.count)
        guard measure(rest) > 1 else { return }
        if suffix == "ion", rest.last != UInt8(ascii: "s"), rest.last != UInt8(ascii: "t") { return }
        word.removeLast(suffix.utf8.count)
    }

    // Step 5.
    private mutating func tidy() {
        if ends("e") {
            let rest = word.dropLast()
            let measure = measure(rest)
            if measure > 1 || measure == 1 && !endsInShortSyllable(rest) { word.removeLast() }
        }
        if ends("l"), endsInDoubleConsonant, measure(word[...]) > 1 { word.removeLast() }
    }

    private func ends(_ suffix: String) -> Bool { word.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }

    private func isConsonant(_ letters: ArraySlice<UInt8>, _ index: Int) -> Bool {
        switch letters[index] {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"):
            false
        case UInt8(ascii: "y"): index == 0 || !isConsonant(letters, index - 1)
        default: true
        }
    }

    /// How often a vowel is followed by a consonant: Porter's m.
    private func measure(_ letters: ArraySlice<UInt8>) -> Int {
        var (count, wasConsonant) = (0, true)
        for index in letters.indices {
            let consonant = isConsonant(letters, index)
            if consonant, !wasConsonant { count += 1 }
            wasConsonant = consonant
        }
        return count
    }

    private func hasVowel(_ letters: ArraySlice<UInt8>) -> Bool {
        letters.indices.contains { !isConsonant(letters, $0) }
    }

    private var endsInDoubleConsonant: Bool {
        word.count > 1 && word[word.count - 1] == word[word.count - 2] && isConsonant(word[...], word.count - 1)
    }

    /// Consonant, vowel, consonant, the last not w, x or y: `hop`.
    private func endsInShortSyllable(_ letters: ArraySlice<UInt8>) -> Bool {
        let end = letters.endIndex
        guard letters.count > 2 else { return false }
        return isConsonant(letters, end - 1) && !isConsonant(letters, end - 2) && isConsonant(letters, end - 3)
            && !"wxy".utf8.contains(letters[end - 1])
    }

    // Longer ones first where one ends in another.
    private static let doubleSuffixes = [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
        ("bli", "ble"),
        ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
        ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
        ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("logi", "log"),
    ]
    private static let icativeSuffixes = [
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
        ("ness", ""),
    ]
    private static let plainSuffixes = [
        "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize",
        "ion", "al", "er", "ic", "ou",
    ]
}
