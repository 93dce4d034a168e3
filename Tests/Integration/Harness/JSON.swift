import FoundationEssentials

/// A body of a request, written as a literal.
enum JSON: Sendable, Encodable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case string(String)
    case int(Int)
    case bool(Bool)
    case array([JSON])
    case object([String: JSON])

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .int(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    func data() throws -> Data { try JSONEncoder().encode(self) }

    /// The same object with one field more, or another value for it.
    func with(_ field: String, _ value: JSON) -> JSON {
        guard case .object(var fields) = self else { return self }
        fields[field] = value
        return .object(fields)
    }

    func without(_ field: String) -> JSON {
        guard case .object(var fields) = self else { return self }
        fields[field] = nil
        return .object(fields)
    }
}
