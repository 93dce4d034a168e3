import FoundationEssentials

/// A message as a mail program reads it: written apart from what it tests, by the RFCs.
struct ReceivedMessage {
    /// Without line breaks, encoded words still encoded.
    let headers: [(name: String, value: String)]
    let rawLines: [String]
    private let rawBody: [String]

    init(_ bytes: [UInt8]) {
        rawLines = String(decoding: bytes, as: UTF8.self).unicodeScalars
            .split(omittingEmptySubsequences: false) { $0 == "\n" }
            .map { line in
                precondition(line.isEmpty || line.last == "\r", "A line ends without CR")
                return String(String.UnicodeScalarView(line.dropLast()))
            }
        let empty = rawLines.firstIndex(of: "")!
        var headers: [(name: String, value: String)] = []
        for line in rawLines[..<empty] {
            if line.hasPrefix(" ") {
                headers[headers.count - 1].value += line
            } else {
                let parts = line.split(separator: ":", maxSplits: 1)
                headers.append((String(parts[0]), String(parts[1].dropFirst())))
            }
        }
        self.headers = headers
        rawBody = Array(rawLines[(empty + 1)...])
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// With its encoded words read (RFC 2047, sections 2 and 6.2).
    var subject: String {
        let value = header("Subject") ?? ""
        guard value.hasPrefix("=?") else { return value }
        let bytes = value.split(separator: " ").flatMap { word -> [UInt8] in
            let parts = word.split(separator: "?")
            precondition(
                parts.count == 5 && parts[1] == "UTF-8" && parts[2] == "B", "Not an encoded word: \(word)")
            return Array(Data(base64Encoded: String(parts[3]))!)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text, its lines ended by LF.
    var text: String {
        let bytes: [UInt8]
        if header("Content-Transfer-Encoding") == "base64" {
            bytes = Array(Data(base64Encoded: rawBody.joined())!)
        } else {
            bytes = unquoted
        }
        return String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self)
    }

    private var unquoted: [UInt8] {
        var bytes: [UInt8] = []
        for (index, line) in rawBody.enumerated() {
            var rest = Array(line.utf8)[...]
            var goesOn = false
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "=") else {
                    bytes.append(byte)
                    continue
                }
                if rest.isEmpty {
                    goesOn = true
                } else {
                    bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)!)
                    rest = rest.dropFirst(2)
                }
            }
            if !goesOn, index < rawBody.count - 1 { bytes.append(0x0A) }
        }
        return bytes
    }
}
