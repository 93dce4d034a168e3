import NIOCore

/// A command and its arguments: `RedisCommand("SET", .text(key), .bytes(value), "PX", .integer(ms))`.
///
/// Prints as its name only: an argument may be a password or somebody's message.
struct RedisCommand: Sendable, CustomStringConvertible, CustomReflectable {
    let name: StaticString
    private(set) var arguments: [Argument]

    init(_ name: StaticString, _ arguments: Argument...) {
        self.init(name, arguments)
    }

    init(_ name: StaticString, _ arguments: [Argument]) {
        self.name = name
        self.arguments = arguments
    }

    enum Argument: Sendable, ExpressibleByStringLiteral {
        case text(String)
        case bytes([UInt8])
        case integer(Int64)

        init(stringLiteral text: String) { self = .text(text) }
    }

    var description: String { "\(name)" }
    var customMirror: Mirror { Mirror(self, children: ["name": name]) }

    /// About how many bytes it takes on the wire.
    var byteCount: Int {
        arguments.reduce(32) { sum, argument in
            switch argument {
            case .text(let text): sum + text.utf8.count + 16
            case .bytes(let bytes): sum + bytes.count + 16
            case .integer: sum + 32
            }
        }
    }

    /// Writes it as an array of strings, the one form that Redis takes commands in.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "*"))
        buffer.writeDecimal(arguments.count + 1)
        buffer.writeLineEnd()
        buffer.writeHead(ofBytes: name.utf8CodeUnitCount)
        buffer.writeStaticString(name)
        buffer.writeLineEnd()
        for argument in arguments {
            switch argument {
            case .text(let text):
                buffer.writeHead(ofBytes: text.utf8.count)
                buffer.writeString(text)
            case .bytes(let bytes):
                buffer.writeHead(ofBytes: bytes.count)
                buffer.writeBytes(bytes)
            case .integer(let integer):
                let text = String(integer)
                buffer.writeHead(ofBytes: text.utf8.count)
                buffer.writeString(text)
            }
            buffer.writeLineEnd()
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeHead(ofBytes count: Int) {
        writeInteger(UInt8(ascii: "$"))
        writeDecimal(count)
        writeLineEnd()
    }

    fileprivate mutating func writeDecimal(_ number: Int) {
        if number < 10 {
            writeInteger(UInt8(ascii: "0") + UInt8(number))
        } else {
            writeString(String(number))
        }
    }

    fileprivate mutating func writeLineEnd() {
        writeInteger(0x0D0A as UInt16)
    }
}
