import FoundationEssentials

/// An identifier that can't be mistaken for another kind: `ConversationID` is not a `MessageID`.
///
/// UUID version 7 (RFC 9562, section 5.7): ordered by the millisecond of creation, so rows made
/// together lie together. On every wire it is a lowercase string.
public struct Identifier<Subject>: Hashable, Sendable {
    public let rawValue: UUID

    public init(_ rawValue: UUID) {
        self.rawValue = rawValue
    }

    /// - Returns: `nil` unless `text` is a UUID in its usual form of 36 characters, in either case.
    public init?(_ text: some StringProtocol) {
        guard let uuid = UUID(uuidString: String(text)) else { return nil }
        self.rawValue = uuid
    }
}

extension Identifier: CustomStringConvertible {
    public var description: String { rawValue.uuidString.lowercased() }
}

extension Identifier: Comparable {
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let identifier = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "Expected a UUID.")
            )
        }
        self = identifier
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What an ``Identifier`` can identify. Never instantiated.
public enum Subject {
    public enum Account {}
    public enum Article {}
    public enum Conversation {}
    public enum Event {}
    public enum Message {}
}

public typealias AccountID = Identifier<Subject.Account>
public typealias ArticleID = Identifier<Subject.Article>
public typealias ConversationID = Identifier<Subject.Conversation>
public typealias EventID = Identifier<Subject.Event>
public typealias MessageID = Identifier<Subject.Message>

extension UUID {
    /// UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, 12 bits of the fraction of the
    /// millisecond (section 6.2, method 3), 62 random bits.
    public static func version7(
        at instant: Instant,
        using random: inout some RandomNumberGenerator
    ) -> UUID {
        let microseconds = UInt64(max(0, instant.microsecondsSinceEpoch))
        let milliseconds = microseconds / 1000
        let fraction = (microseconds % 1000) * 4096 / 1000
        let high = milliseconds << 16 | 0x7000 | fraction
        let low =
            UInt64.random(in: 0...UInt64.max, using: &random) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes in
            UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
        }
    }
}
