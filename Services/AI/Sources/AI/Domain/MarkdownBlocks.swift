import Contracts

/// A piece of Markdown that stands by itself: a heading, a paragraph, a list item, a row of a table.
struct MarkdownBlock: Hashable {
    let kind: Kind
    /// UTF-8 offsets in the text, without white space at the ends.
    var range: Range<Int>

    enum Kind: Hashable {
        case heading(level: Int, title: String)
        case paragraph
        /// - Parameter isOrdered: A numbered step.
        case item(isOrdered: Bool)
        case row
    }

    /// All blocks of a text, in order. Rules and the lines under a table's head are no blocks. Plain text has
    /// paragraphs and list items only.
    static func all(in text: [UInt8], format: ArticleFormat) -> [MarkdownBlock] {
        var blocks: [MarkdownBlock] = []
        var canContinue = false
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            let range = text.trimmed(start..<end)
            start = end + 1
            let line = text[range]
            if line.isEmpty {
                canContinue = false
            } else if let kind = kind(of: line, format: format) {
                blocks.append(MarkdownBlock(kind: kind, range: range))
                if case .item = kind { canContinue = true } else { canContinue = false }
            } else if format == .markdown, isRule(line) {
                canContinue = false
            } else if canContinue {
                blocks[blocks.count - 1].range = blocks.last!.range.lowerBound..<range.upperBound
            } else {
                blocks.append(MarkdownBlock(kind: .paragraph, range: range))
                canContinue = true
            }
        }
        return blocks
    }

    /// `nil` for a rule and for a line that begins or continues a paragraph.
    private static func kind(of line: ArraySlice<UInt8>, format: ArticleFormat) -> Kind? {
        if let isOrdered = itemMark(of: line)?.isOrdered { return .item(isOrdered: isOrdered) }
        guard format == .markdown else { return nil }
        if let heading = heading(line) { return heading }
        if line.first == UInt8(ascii: "|"), !isRule(line) { return .row }
        return nil
    }

    /// The bullet or number at the beginning of a list item, and the white space after it.
    static func itemMark(of line: ArraySlice<UInt8>) -> (length: Int, isOrdered: Bool)? {
        let digits = line.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        var rest = line.dropFirst(digits)
        switch (digits, rest.first) {
        case (0, UInt8(ascii: "-")), (0, UInt8(ascii: "*")), (0, UInt8(ascii: "+")): break
        case (1...3, UInt8(ascii: ".")), (1...3, UInt8(ascii: ")")): break
        default: return nil
        }
        rest = rest.dropFirst()
        let space = rest.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
        guard space > 0, rest.count > space, !isRule(line) else { return nil }
        return (digits + 1 + space, digits > 0)
    }

    private static func heading(_ line: ArraySlice<UInt8>) -> Kind? {
        let level = line.prefix { $0 == UInt8(ascii: "#") }.count
        let rest = line.dropFirst(level)
        guard (1...6).contains(level), rest.first == UInt8(ascii: " ") || rest.first == UInt8(ascii: "\t")
        else {
            return nil
        }
        var title = String(decoding: rest, as: UTF8.self).trimmed
        if title.hasSuffix("#") { title = String(title.reversed().drop { $0 == "#" }.reversed()).trimmed }
        return .heading(level: level, title: String(title.prefix(200)))
    }

    /// `---`, `* * *`, or the line under a table's head.
    private static func isRule(_ line: ArraySlice<UInt8>) -> Bool {
        line.count > 2 && line.allSatisfy { " \t-*_|:=".utf8.contains($0) }
    }
}

extension [UInt8] {
    /// The range without white space at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start].isWhitespace { start += 1 }
        while end > start, self[end - 1].isWhitespace { end -= 1 }
        return start..<end
    }

    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }
}

extension UInt8 {
    var isWhitespace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
