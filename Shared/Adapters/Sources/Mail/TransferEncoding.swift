import FoundationEssentials

/// How a text travels as short lines of ASCII (RFC 2045, section 6).
enum TransferEncoding: String {
    /// Readable as it is for European languages.
    case quotedPrintable = "quoted-printable"
    /// Shorter for all others.
    case base64

    /// The shorter of the two: an escaped byte takes three in one, every byte takes 4/3 in the other.
    init(for text: String) {
        let escaped = text.utf8.count { !(0x20...0x7E).contains($0) && $0 != 0x0A && $0 != 0x0D }
        self = escaped * 6 > text.utf8.count ? .base64 : .quotedPrintable
    }

    /// The text's lines, each ended by CRLF; none encoded is longer than 76 bytes.
    func encode(_ text: String) -> [UInt8] {
        let lines = Self.lines(of: text)
        switch self {
        case .quotedPrintable:
            return lines.reduce(into: []) { output, line in
                Self.appendQuotedPrintable(line, to: &output)
                output += Self.lineEnd
            }
        case .base64:
            let canonical = lines.reduce(into: Data()) { $0 += $1 + Self.lineEnd }
            let options: Data.Base64EncodingOptions = [
                .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
            ]
            return Array(canonical.base64EncodedString(options: options).utf8) + Self.lineEnd
        }
    }

    private static let lineEnd: [UInt8] = [0x0D, 0x0A]

    /// Split at CRLF, CR and LF; a break at the very end makes no further line.
    private static func lines(of text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case 0x0A where previous == 0x0D: break
            case 0x0A, 0x0D: lines.append([])
            default: lines[lines.count - 1].append(byte)
            }
            previous = byte
        }
        if lines.count > 1, lines[lines.count - 1].isEmpty { lines.removeLast() }
        return lines
    }

    private static func appendQuotedPrintable(_ line: [UInt8], to output: inout [UInt8]) {
        var column = 0
        for (index, byte) in line.enumerated() {
            let isLast = index == line.count - 1
            // A blank at the end of a line may get lost on the way, so there it is escaped.
            let isLiteral =
                (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
                || (byte == 0x20 || byte == 0x09) && !isLast
            let width = isLiteral ? 1 : 3
            if column + width > 75 {
                output.append(UInt8(ascii: "="))
                output += lineEnd
                column = 0
            }
            if isLiteral {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "="), hexDigit(byte >> 4), hexDigit(byte & 0x0F)]
            }
            column += width
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
