import NIOCore

/// Reads values from bytes as they come in, in any pieces, and never holds more than its limits allow.
///
/// What has been read of a value is kept between calls, so a long array isn't read again for each piece.
struct RESPParser {
    private let limits: Limits
    /// The arrays and maps that are still being filled, the innermost last.
    private var open: [Aggregate] = []
    private var bytesOfValue = 0

    struct Limits: Sendable {
        /// Of one string.
        var bulkBytes = 64 << 20
        /// Of one whole value.
        var valueBytes = 256 << 20
        /// Of one status, number or error.
        var lineBytes = 64 << 10
        /// Of one array or map; a map counts keys and values.
        var elements = 1 << 20
        /// Arrays in arrays.
        var depth = 16
    }

    private struct Aggregate {
        let kind: Kind
        var missing: Int
        var elements: [RESPValue] = []

        enum Kind {
            case array, map, push, attribute
        }

        init(_ kind: Kind, count: Int) {
            self.kind = kind
            missing = count
            // What the server announces isn't trusted with memory before it comes.
            elements.reserveCapacity(min(count, 256))
        }

        /// `nil` for an attribute, which is about the value that follows it; nobody here asks for any.
        var value: RESPValue? {
            switch kind {
            case .array: .array(elements)
            case .map: .map(elements)
            case .push: .push(elements)
            case .attribute: nil
            }
        }
    }

    private enum Token {
        case value(RESPValue)
        case aggregate(Aggregate)
    }

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// - Returns: The next whole value, or `nil` when more bytes are needed.
    /// - Throws: For what isn't RESP or is larger than allowed; the connection is of no use then.
    mutating func next(from buffer: inout ByteBuffer) throws(RESPProblem) -> RESPValue? {
        while true {
            let before = buffer.readerIndex
            guard let token = try token(from: &buffer) else { return nil }
            bytesOfValue += buffer.readerIndex - before
            guard bytesOfValue <= limits.valueBytes else { throw RESPProblem("a value is too large") }
            switch token {
            case .value(let value):
                if let whole = put(value) { return whole }
            case .aggregate(let aggregate) where aggregate.missing == 0:
                if let value = aggregate.value, let whole = put(value) { return whole }
            case .aggregate(let aggregate):
                guard open.count < limits.depth else { throw RESPProblem("arrays are nested too deeply") }
                open.append(aggregate)
            }
        }
    }

    /// Puts a value where it belongs.
    /// - Returns: The outermost value, when this was the last part of it.
    private mutating func put(_ value: RESPValue) -> RESPValue? {
        var value = value
        while !open.isEmpty {
            let last = open.count - 1
            open[last].elements.append(value)
            open[last].missing -= 1
            guard open[last].missing == 0 else { return nil }
            guard let filled = open.removeLast().value else { return nil }
            value = filled
        }
        bytesOfValue = 0
        return value
    }

    // MARK: - Tokens

    private func token(from buffer: inout ByteBuffer) throws(RESPProblem) -> Token? {
        let start = buffer
        guard let mark = buffer.readInteger(as: UInt8.self) else { return nil }
        guard Self.marks.contains(mark) else { throw RESPProblem("a value begins with the byte \(mark)") }
        guard let line = try line(from: &buffer) else {
            buffer = start
            return nil
        }
        switch mark {
        case UInt8(ascii: "+"), UInt8(ascii: "("): return .value(.simple(String(buffer: line)))
        case UInt8(ascii: "-"): return .value(.error(RedisError(String(buffer: line))))
        case UInt8(ascii: ":"): return .value(.integer(try number(line)))
        case UInt8(ascii: ","): return .value(.double(try double(line)))
        case UInt8(ascii: "#"): return .value(.boolean(try boolean(line)))
        case UInt8(ascii: "_"): return .value(.null)
        case UInt8(ascii: "*"), UInt8(ascii: "~"): return try aggregate(.array, line)
        case UInt8(ascii: "%"): return try aggregate(.map, line)
        case UInt8(ascii: ">"):
            guard open.isEmpty else { throw RESPProblem("a push stands within a value") }
            return try aggregate(.push, line)
        case UInt8(ascii: "|"): return try aggregate(.attribute, line)
        default:
            guard let value = try bulk(mark, line, from: &buffer) else {
                buffer = start
                return nil
            }
            return .value(value)
        }
    }

    private static let marks = Array("+-:,#_(*~%>|$=!".utf8)

    private func aggregate(_ kind: Aggregate.Kind, _ line: ByteBuffer) throws(RESPProblem) -> Token {
        let count = try number(line)
        // RESP2's way to say that there is no array.
        if count == -1, kind == .array { return .value(.null) }
        let isInPairs = kind == .map || kind == .attribute
        guard (0...Int64(limits.elements / (isInPairs ? 2 : 1))).contains(count) else {
            throw RESPProblem("an array has \(count) elements")
        }
        return .aggregate(Aggregate(kind, count: Int(count) * (isInPairs ? 2 : 1)))
    }

    private func bulk(
        _ mark: UInt8, _ line: ByteBuffer, from buffer: inout ByteBuffer
    ) throws(RESPProblem) -> RESPValue? {
        let count = try number(line)
        if count == -1, mark == UInt8(ascii: "$") { return .null }
        guard (0...Int64(limits.bulkBytes)).contains(count) else {
            throw RESPProblem("a string has \(count) bytes")
        }
        guard buffer.readableBytes >= Int(count) + 2, var bytes = buffer.readSlice(length: Int(count)) else {
            return nil
        }
        guard buffer.readInteger(as: UInt16.self) == Self.lineEnd else {
            throw RESPProblem("a string isn't followed by a line's end")
        }
        switch mark {
        case UInt8(ascii: "!"): return .error(RedisError(String(buffer: bytes)))
        case UInt8(ascii: "="):
            // `txt:` or `mkd:`
            guard bytes.readSlice(length: 4) != nil else {
                throw RESPProblem("a verbatim string has no format")
            }
            return .bulk(bytes)
        default: return .bulk(bytes)
        }
    }

    /// The line without its end, or `nil` when it isn't all there.
    private func line(from buffer: inout ByteBuffer) throws(RESPProblem) -> ByteBuffer? {
        let view = buffer.readableBytesView.prefix(limits.lineBytes + 2)
        guard let end = view.firstIndex(of: UInt8(ascii: "\r")) else {
            guard view.count <= limits.lineBytes else { throw RESPProblem("a line is too long") }
            return nil
        }
        guard end + 1 < buffer.writerIndex else { return nil }
        let line = buffer.readSlice(length: end - view.startIndex)
        guard buffer.readInteger(as: UInt16.self) == Self.lineEnd else {
            throw RESPProblem("a line ends with a carriage return alone")
        }
        return line
    }

    private static let lineEnd: UInt16 = 0x0D0A

    // MARK: - Scalars

    private func number(_ line: ByteBuffer) throws(RESPProblem) -> Int64 {
        var value: Int64 = 0
        var digits = line.readableBytesView
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard (1...19).contains(digits.count) else { throw RESPProblem("a number isn't one") }
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else {
                throw RESPProblem("a number isn't one")
            }
            let (tenfold, isOver) = value.multipliedReportingOverflow(by: 10)
            let step = Int64(digit - UInt8(ascii: "0"))
            let (sum, isOverToo) =
                isNegative
                ? tenfold.subtractingReportingOverflow(step) : tenfold.addingReportingOverflow(step)
            guard !isOver, !isOverToo else { throw RESPProblem("a number is too large") }
            value = sum
        }
        return value
    }

    private func double(_ line: ByteBuffer) throws(RESPProblem) -> Double {
        guard let value = Double(String(buffer: line)) else { throw RESPProblem("a number isn't one") }
        return value
    }

    private func boolean(_ line: ByteBuffer) throws(RESPProblem) -> Bool {
        switch String(buffer: line) {
        case "t": return true
        case "f": return false
        default: throw RESPProblem("a truth value is neither t nor f")
        }
    }
}

/// Why what came isn't RESP. Holds nothing of what came.
struct RESPProblem: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
