import FoundationEssentials

/// Whether a text is JSON by the letter of RFC 8259.
///
/// Foundation's decoder takes more: a comma before a closing brace, and, where it isn't asked for the
/// value, numbers and escapes that aren't any. What one program takes and the next refuses is how requests
/// are smuggled past whoever checks them.
struct JSONGrammar {
    /// Foundation's decoder goes as deep.
    private static let maximumDepth = 512

    private var index = 0
    /// The containers around this point, the innermost last; `true` for an object.
    private var containers: [Bool] = []

    static func accepts(_ text: Data) -> Bool {
        var grammar = JSONGrammar()
        return grammar.takeDocument(text.span)
    }

    // A loop instead of recursion: no text can exhaust the stack.
    private mutating func takeDocument(_ text: Span<UInt8>) -> Bool {
        var isBegun = false
        while !isBegun || !containers.isEmpty {
            // A value may begin here; in a container that was just opened, the container may also end.
            isBegun = true
            skipSpace(text)
            if take("{", text) {
                guard push(isObject: true) else { return false }
                skipSpace(text)
                if peek(text) != UInt8(ascii: "}") {
                    guard takeKey(text) else { return false }
                    continue
                }
            } else if take("[", text) {
                guard push(isObject: false) else { return false }
                skipSpace(text)
                if peek(text) != UInt8(ascii: "]") { continue }
            } else {
                guard takeScalar(text) else { return false }
            }
            guard takeEnds(text) else { return false }
        }
        skipSpace(text)
        return index == text.count
    }

    /// After a value: closes what ends here; where something doesn't end, up to the next value.
    private mutating func takeEnds(_ text: Span<UInt8>) -> Bool {
        while let isObject = containers.last {
            skipSpace(text)
            if take(",", text) { return isObject ? takeKey(text) : true }
            guard take(isObject ? "}" : "]", text) else { return false }
            containers.removeLast()
        }
        return true
    }

    private mutating func push(isObject: Bool) -> Bool {
        containers.append(isObject)
        return containers.count <= Self.maximumDepth
    }

    private mutating func takeKey(_ text: Span<UInt8>) -> Bool {
        skipSpace(text)
        guard take("\"", text), takeString(text) else { return false }
        skipSpace(text)
        return take(":", text)
    }

    private mutating func takeScalar(_ text: Span<UInt8>) -> Bool {
        if take("\"", text) { return takeString(text) }
        if take("t", text) { return takeAll("rue", text) }
        if take("f", text) { return takeAll("alse", text) }
        if take("n", text) { return takeAll("ull", text) }
        return takeNumber(text)
    }

    /// Section 7, after the opening quotation mark.
    private mutating func takeString(_ text: Span<UInt8>) -> Bool {
        while let byte = peek(text) {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard takeEscape(text) else { return false }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func takeEscape(_ text: Span<UInt8>) -> Bool {
        guard let byte = peek(text) else { return false }
        index += 1
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        for _ in 0..<4 {
            guard let digit = peek(text), Character(UnicodeScalar(digit)).isASCII,
                Character(UnicodeScalar(digit)).isHexDigit
            else { return false }
            index += 1
        }
        return true
    }

    /// Section 6.
    private mutating func takeNumber(_ text: Span<UInt8>) -> Bool {
        _ = take("-", text)
        guard take("0", text) || takeDigits(text) else { return false }
        if take(".", text), !takeDigits(text) { return false }
        guard take("e", text) || take("E", text) else { return true }
        _ = take("+", text) || take("-", text)
        return takeDigits(text)
    }

    /// One or more.
    private mutating func takeDigits(_ text: Span<UInt8>) -> Bool {
        let start = index
        while let byte = peek(text), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        return index > start
    }

    private mutating func takeAll(_ letters: String, _ text: Span<UInt8>) -> Bool {
        for letter in letters.unicodeScalars where !take(letter, text) { return false }
        return true
    }

    private mutating func take(_ character: UnicodeScalar, _ text: Span<UInt8>) -> Bool {
        guard peek(text) == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace(_ text: Span<UInt8>) {
        while let byte = peek(text), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func peek(_ text: Span<UInt8>) -> UInt8? {
        index < text.count ? text[index] : nil
    }
}
