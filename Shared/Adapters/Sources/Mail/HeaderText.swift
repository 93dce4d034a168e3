import FoundationEssentials

/// Words in a header: one line of ASCII, whatever they were before.
enum HeaderText {
    /// - Returns: `text` as it is when it can be, else in encoded words (RFC 2047).
    static func encode(_ text: String) -> String {
        let line = oneLine(text)
        return isPlain(line) ? line : encodedWords(line)
    }

    /// `text` with every run of control characters and line breaks as one space, and none around it. A
    /// header ends where its line ends, so this is also what keeps anyone from adding one.
    static func oneLine(_ text: String) -> String {
        let line = text.unicodeScalars.split(whereSeparator: isBreaking).map(String.init).joined(separator: " ")
        guard let first = line.firstIndex(where: { $0 != " " }), let last = line.lastIndex(where: { $0 != " " })
        else { return "" }
        return String(line[first...last])
    }

    /// Whether `line` can stand in a header unencoded: printable ASCII, short enough for one line, and
    /// nothing that a reader would take for an encoded word.
    static func isPlain(_ line: String) -> Bool {
        line.utf8.count <= 60 && line.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !line.contains("=?")
    }

    /// `line` in as many encoded words as it takes, one a line: a word has at most 75 characters, its line
    /// at most 76 with the header's name (RFC 2047, section 2), and no character is torn.
    static func encodedWords(_ line: String) -> String {
        // 39 bytes make 52 characters of base64, 64 with the frame: that leaves 12 for "Subject: ".
        let bytesPerWord = 39
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in line.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if word.count + bytes.count > bytesPerWord {
                words.append(encodedWord(word))
                word = []
            }
            word += bytes
        }
        words.append(encodedWord(word))
        return words.joined(separator: "\r\n ")
    }

    private static func encodedWord(_ bytes: [UInt8]) -> String {
        "=?UTF-8?B?\(Data(bytes).base64EncodedString())?="
    }

    private static func isBreaking(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
