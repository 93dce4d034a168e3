import NIOCore
import Testing

@testable import Redis

@Suite struct RESPParserTests {
    private static let samples: [(String, RESPValue)] = [
        ("+OK\r\n", .simple("OK")),
        ("-ERR no such thing\r\n", .error(RedisError("ERR no such thing"))),
        (":-9223372036854775808\r\n", .integer(.min)),
        ("$0\r\n\r\n", .bulk(ByteBuffer())),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("_\r\n", .null),
        ("$4\r\na\r\nb\r\n", .bulk(ByteBuffer(string: "a\r\nb"))),
        ("*0\r\n", .array([])),
        ("*2\r\n:1\r\n*1\r\n+a\r\n", .array([.integer(1), .array([.simple("a")])])),
        ("~1\r\n:1\r\n", .array([.integer(1)])),
        ("%1\r\n+k\r\n*2\r\n:1\r\n:2\r\n", .map([.simple("k"), .array([.integer(1), .integer(2)])])),
        ("#t\r\n", .boolean(true)),
        (",-1.5e3\r\n", .double(-1500)),
        (
            "(3492890328409238509324850943850943825024385\r\n",
            .simple("3492890328409238509324850943850943825024385")
        ),
        ("=8\r\ntxt:Some\r\n", .bulk(ByteBuffer(string: "Some"))),
        ("!8\r\nERR a\r\nb\r\n", .error(RedisError("ERR a\r\nb"))),
        (">2\r\n+message\r\n+x\r\n", .push([.simple("message"), .simple("x")])),
        ("|1\r\n+ttl\r\n:3600\r\n:7\r\n", .integer(7)),
        ("*2\r\n|1\r\n+ttl\r\n:1\r\n+a\r\n|0\r\n+b\r\n", .array([.simple("a"), .simple("b")])),
    ]

    @Test(arguments: samples)
    func valueIsReadInWholeAndByteByByte(text: String, value: RESPValue) throws {
        var parser = RESPParser()
        var buffer = ByteBuffer(string: text + text)
        #expect(try parser.next(from: &buffer) == value)
        #expect(try parser.next(from: &buffer) == value)
        #expect(try parser.next(from: &buffer) == nil)
        var received = ByteBuffer()
        for (index, byte) in text.utf8.enumerated() {
            received.writeInteger(byte)
            let isLast = index == text.utf8.count - 1
            #expect(try parser.next(from: &received) == (isLast ? value : nil))
        }
    }

    @Test(arguments: [
        "OK\r\n", "\r\n", ":1.5\r\n", ":\r\n", ":9223372036854775808\r\n", ":99999999999999999999\r\n",
        "$-2\r\n", "$x\r\n",
        "$1\r\nabc", "+a\rb\r\n", "*-2\r\n", "%-1\r\n", "#x\r\n", ",x\r\n", "=1\r\na\r\n", "$?\r\n",
        "*1\r\n>0\r\n",
    ])
    func whatIsNotRESPIsRefused(text: String) {
        var parser = RESPParser()
        var buffer = ByteBuffer(string: text)
        #expect(throws: RESPProblem.self) { try parser.next(from: &buffer) }
    }

    @Test(arguments: [
        "$17\r\n", "*9\r\n", "%5\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n", "+" + String(repeating: "a", count: 40),
        "*8\r\n" + String(repeating: "$16\r\n0123456789abcdef\r\n", count: 8), "$99999999999999\r\n",
        "*1000000000\r\n",
    ])
    func whatIsTooLargeIsRefusedBeforeItIsThere(text: String) {
        var parser = RESPParser(
            limits: .init(bulkBytes: 16, valueBytes: 128, lineBytes: 32, elements: 8, depth: 3))
        var buffer = ByteBuffer(string: text)
        #expect(throws: RESPProblem.self) { while try parser.next(from: &buffer) != nil {} }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func randomValuesSurviveRandomPieces(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let values = (0..<20).map { _ in RESPValue.random(depth: 3, using: &random) }
        var bytes = ByteBuffer()
        for value in values { bytes.writeRESP(value) }
        var parser = RESPParser()
        var received = ByteBuffer()
        var read: [RESPValue] = []
        while bytes.readableBytes > 0 {
            let count = min(bytes.readableBytes, Int.random(in: 1...40, using: &random))
            received.writeImmutableBuffer(bytes.readSlice(length: count)!)
            while let value = try parser.next(from: &received) { read.append(value) }
        }
        #expect(read == values, "seed \(seed)")
    }

    @Test(arguments: 1...500 as ClosedRange<UInt64>)
    func damageIsNoticedOrHarmless(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = ByteBuffer()
        for _ in 0..<10 { bytes.writeRESP(.random(depth: 3, using: &random)) }
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let place = Int.random(in: 0..<bytes.writerIndex, using: &random)
            bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: place)
        }
        var parser = RESPParser(limits: .init(bulkBytes: 1 << 20, valueBytes: 1 << 22, elements: 1 << 16))
        var count = 0
        // Neither crashes nor goes on for ever: each value takes at least three bytes.
        while let value = try? parser.next(from: &bytes), count < 10_000 {
            _ = value.text
            count += 1
        }
        #expect(count < 10_000, "seed \(seed)")
    }
}

extension RESPValue {
    fileprivate static func random(depth: Int, using random: inout SeededGenerator) -> RESPValue {
        func some(_ count: Int, using random: inout SeededGenerator) -> [RESPValue] {
            (0..<count).map { _ in .random(depth: depth - 1, using: &random) }
        }
        switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &random) {
        case 0: return .null
        case 1: return .simple("S\(UInt64.random(in: 0...999, using: &random))")
        case 2: return .error(RedisError("ERR \(UInt64.random(in: 0...999, using: &random))"))
        case 3: return .integer(.random(in: .min ... .max, using: &random))
        case 4: return .boolean(Bool.random(using: &random))
        case 5: return .double(Double(Int16.random(in: .min ... .max, using: &random)) / 8)
        case 6:
            let count = Int.random(in: 0...60, using: &random)
            return .bulk(ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }))
        case 7: return .map(some(Int.random(in: 0...3, using: &random) * 2, using: &random))
        default: return .array(some(Int.random(in: 0...6, using: &random), using: &random))
        }
    }
}

extension ByteBuffer {
    /// As a server would.
    fileprivate mutating func writeRESP(_ value: RESPValue) {
        switch value {
        case .null: writeString("_\r\n")
        case .simple(let text): writeString("+\(text)\r\n")
        case .error(let error): writeString("-\(error.text)\r\n")
        case .integer(let integer): writeString(":\(integer)\r\n")
        case .double(let double): writeString(",\(double)\r\n")
        case .boolean(let boolean): writeString("#\(boolean ? "t" : "f")\r\n")
        case .bulk(let bytes):
            writeString("$\(bytes.readableBytes)\r\n")
            writeImmutableBuffer(bytes)
            writeString("\r\n")
        case .array(let elements), .map(let elements), .push(let elements):
            if case .map = value {
                writeString("%\(elements.count / 2)\r\n")
            } else {
                writeString("*\(elements.count)\r\n")
            }
            for element in elements { writeRESP(element) }
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
