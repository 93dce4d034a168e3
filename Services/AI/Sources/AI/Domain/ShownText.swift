import Contracts

/// A quote as people read it: without Markdown's marks, otherwise word for word.
enum ShownText {
    /// - Parameter quote: One or more lines of an article.
    static func show(_ quote: String, format: ArticleFormat) -> String {
        let lines = quote.split(whereSeparator: \.isNewline).map { String($0).trimmed }.filter { !$0.isEmpty }
        guard format == .markdown else {
            return lines.count == 1 ? withoutBullet(lines[0]) : lines.joined(separator: "\n")
        }
        var shown: [String] = []
        for line in lines {
            if line.hasPrefix("|") {
                // The line under a table's head has nothing to read.
                if !line.allSatisfy({ "|-: \t".contains($0) }) { shown.append(row(line)) }
            } else {
                shown.append(inline(lines.count == 1 ? withoutBullet(line) : line))
            }
        }
        return shown.joined(separator: "\n")
    }

    /// One item alone needs no bullet or number.
    private static func withoutBullet(_ line: String) -> String {
        let bytes = Array(line.utf8)
        guard let mark = MarkdownBlock.itemMark(of: bytes[...]) else { return line }
        return String(decoding: bytes[mark.length...], as: UTF8.self)
    }

    private static func row(_ line: String) -> String {
        var inner = line.dropFirst()
        if inner.hasSuffix("|") { inner = inner.dropLast() }
        return inner.split(separator: "|", omittingEmptySubsequences: false)
            .map { inline(String($0).trimmed) }.filter { !$0.isEmpty }.joined(separator: " | ")
    }

    /// Drops emphasis, code marks, escapes and the brackets of links; a link's address stays when it leads
    /// somewhere by itself.
    private static func inline(_ line: String) -> String {
        let characters = Array(line)
        var shown = ""
        var index = 0
        while index < characters.count {
            let character = characters[index]
            let previous = index > 0 ? characters[index - 1] : " "
            let next = index + 1 < characters.count ? characters[index + 1] : " "
            if character == "\\", next.isASCII, next.isPunctuation || next.isSymbol {
                shown.append(next)
                index += 2
            } else if character == "`" {
                index += 1
            } else if character == "*" || character == "_", next == character {
                // Double: strong emphasis, unless it stands alone.
                if previous.isWhitespace && index + 2 < characters.count && characters[index + 2].isWhitespace {
                    shown += [character, character]
                }
                index += 2
            } else if character == "*" || character == "_", isEmphasis(character, previous, next) {
                index += 1
            } else if character == "[" || character == "!" && next == "[",
                let link = link(characters, at: character == "[" ? index : index + 1)
            {
                shown += link.shown
                index = link.end
            } else {
                shown.append(character)
                index += 1
            }
        }
        return shown
    }

    /// At the edge of a word; inside one, as in `snake_case` or `2*3`, it is meant.
    private static func isEmphasis(_ mark: Character, _ previous: Character, _ next: Character) -> Bool {
        let isBetweenWords = { (character: Character) in !character.isLetter && !character.isNumber }
        return (isBetweenWords(previous) && !next.isWhitespace)
            || (isBetweenWords(next) && !previous.isWhitespace)
    }

    private static func link(_ characters: [Character], at start: Int) -> (shown: String, end: Int)? {
        guard let close = characters[start...].firstIndex(of: "]"), close + 1 < characters.count,
            characters[close + 1] == "(", let end = characters[close...].firstIndex(of: ")")
        else { return nil }
        let text = inline(String(characters[(start + 1)..<close]))
        let address = String(characters[(close + 2)..<end])
        let leads = ["https://", "http://", "mailto:", "tel:"].contains { address.hasPrefix($0) }
        return (leads && !address.hasSuffix(text) ? "\(text) (\(address))" : text, end + 1)
    }
}
