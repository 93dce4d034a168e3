/// Cuts a paragraph into sentences.
enum Sentences {
    /// Longer ones are cut at a space: a quote has to fit into an answer.
    static let maximumBytes = 1000

    /// - Parameter range: UTF-8 offsets in `text`.
    /// - Returns: The sentences' ranges, in order, without white space at the ends.
    static func ranges(in text: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        var sentences: [Range<Int>] = []
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            guard ".!?".utf8.contains(text[index]) else {
                index += 1
                continue
            }
            let mark = index
            while index < range.upperBound, ".!?\"')*]".utf8.contains(text[index]) { index += 1 }
            if endsSentence(text, from: start, mark: mark, next: index, end: range.upperBound) {
                append(start..<index)
                start = index
            }
        }
        append(start..<range.upperBound)
        return sentences.flatMap { split(text, $0) }

        func append(_ piece: Range<Int>) {
            let piece = text.trimmed(piece)
            guard !piece.isEmpty else { return }
            // "No." answers nothing by itself: it goes with the sentence after it.
            if let last = sentences.last, wordCount(text, last) < 3 {
                sentences[sentences.count - 1] = last.lowerBound..<piece.upperBound
            } else {
                sentences.append(piece)
            }
        }
    }

    static func wordCount(_ text: [UInt8], _ range: Range<Int>) -> Int {
        var (count, isInWord) = (0, false)
        for byte in text[range] {
            if !byte.isWhitespace, !isInWord { count += 1 }
            isInWord = !byte.isWhitespace
        }
        return count
    }

    /// Pieces of at most ``maximumBytes``, cut at white space where there is some, never inside a character's
    /// encoding.
    static func split(_ text: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var rest = range
        while rest.count > maximumBytes {
            let limit = rest.lowerBound + maximumBytes
            var cut = text[rest.lowerBound..<limit].lastIndex { $0.isWhitespace } ?? limit
            if cut == rest.lowerBound { cut = limit }
            while cut > rest.lowerBound + 1, text[cut] & 0xC0 == 0x80 { cut -= 1 }
            pieces.append(text.trimmed(rest.lowerBound..<cut))
            rest = text.trimmed(cut..<rest.upperBound)
        }
        return (pieces + [rest]).filter { !$0.isEmpty }
    }

    private static func endsSentence(_ text: [UInt8], from start: Int, mark: Int, next: Int, end: Int) -> Bool {
        guard next < end, text[next].isWhitespace,
            let first = text[next..<end].first(where: { !$0.isWhitespace })
        else { return false }
        guard text[mark] == UInt8(ascii: "."), next == mark + 1 else { return true }
        // After an abbreviation the sentence goes on in lower case, and "1." is a number.
        if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) { return false }
        let word = text[start..<mark].reversed().prefix { !$0.isWhitespace && $0 != UInt8(ascii: "(") }
            .reversed()
        return !abbreviations.contains(String(decoding: word, as: UTF8.self).lowercased())
            && !(word.count < 3 && word.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    }

    private static let abbreviations: Set<String> = ["mr", "mrs", "ms", "dr", "e.g", "i.e", "vs", "st", "no"]
}
