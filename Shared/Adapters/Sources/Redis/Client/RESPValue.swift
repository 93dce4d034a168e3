import Contracts
import NIOCore

/// A value of Redis' protocol, RESP2 or RESP3.
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
enum RESPValue: Sendable, Hashable {
    case null
    /// A status such as `OK`; a big number too, as its digits.
    case simple(String)
    case error(RedisError)
    case integer(Int64)
    case double(Double)
    case boolean(Bool)
    /// A string of bytes; a verbatim string too, without its format.
    case bulk(ByteBuffer)
    /// An array or a set.
    case array([RESPValue])
    /// Keys and values in turn.
    case map([RESPValue])
    /// What the server says unasked: a message on a channel.
    case push([RESPValue])
}

/// What Redis answered to a command that it refused.
///
/// Its text may repeat the command's arguments, so it is only for tests and never for a log.
struct RedisError: Error, Sendable, Hashable {
    /// The first word: `ERR`, `NOGROUP`, `WRONGPASS`.
    let code: String
    let text: String

    init(_ line: String) {
        code = String(line.prefix { $0 != " " }.prefix(32))
        text = line
    }

    /// Redis is there but can't serve just now: it loads its data, or follows a master that is away.
    var isTransient: Bool {
        ["LOADING", "MASTERDOWN", "CLUSTERDOWN", "READONLY", "TRYAGAIN", "BUSY"].contains(code)
    }
}

extension RedisError: CustomStringConvertible, CustomReflectable {
    var description: String { "Redis refused a command: \(code)" }
    var customMirror: Mirror { Mirror(self, children: ["code": code]) }
}

extension RESPValue {
    var integer: Int64? {
        switch self {
        case .integer(let integer): integer
        case .bulk, .simple: text.flatMap { Int64($0) }
        default: nil
        }
    }

    var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(buffer: bytes)
        default: nil
        }
    }

    var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): Array(bytes.readableBytesView)
        case .simple(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The elements of an array or a map; `nil` for anything else.
    var elements: [RESPValue]? {
        switch self {
        case .array(let elements), .map(let elements), .push(let elements): elements
        default: nil
        }
    }

    /// The value, unless it is an error.
    func get() throws -> RESPValue {
        guard case .error(let error) = self else { return self }
        if error.isTransient { throw ServiceError.redisUnavailable }
        throw error
    }
}
