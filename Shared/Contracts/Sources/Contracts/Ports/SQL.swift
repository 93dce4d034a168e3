import FoundationEssentials

/// A statement and its parameters, written as one:
///
///     "SELECT status FROM conversations WHERE id = \(id)"
///
/// What is interpolated becomes a bound parameter, never text: there is no way to put a value into the
/// statement itself. The dialects differ in how a parameter is written, which the adapter fills in.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The text around the parameters: always one piece more than there are parameters.
    public private(set) var pieces: [String]
    public private(set) var parameters: [SQLValue]

    public init(stringLiteral text: String) {
        pieces = [text]
        parameters = []
    }

    public init(stringInterpolation: StringInterpolation) {
        pieces = stringInterpolation.pieces
        parameters = stringInterpolation.parameters
    }

    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.pieces[sum.pieces.count - 1] += right.pieces[0]
        sum.pieces += right.pieces.dropFirst()
        sum.parameters += right.parameters
        return sum
    }

    /// The statement with each parameter written by `placeholder`, which gets its number from 1.
    public func text(placeholder: (Int) -> String) -> String {
        var text = pieces[0]
        for index in 1..<pieces.count {
            text += placeholder(index)
            text += pieces[index]
        }
        return text
    }

    /// Every adapter calls this before it binds the parameters.
    /// - Throws: ``ServiceError/zeroByteInText``.
    public func checkText() throws(ServiceError) {
        for case .text(let text) in parameters where text.utf8.contains(0) {
            throw .zeroByteInText
        }
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var pieces: [String] = [""]
        var parameters: [SQLValue] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount + 1)
            parameters.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) {
            pieces[pieces.count - 1] += literal
        }

        public mutating func appendInterpolation(_ value: some SQLConvertible) {
            parameters.append(value.sqlValue)
            pieces.append("")
        }

        public mutating func appendInterpolation(_ value: (some SQLConvertible)?) {
            parameters.append(value.sqlValue)
            pieces.append("")
        }

        /// A part of a statement, with its parameters.
        public mutating func appendInterpolation(_ part: SQL) {
            pieces[pieces.count - 1] += part.pieces[0]
            pieces += part.pieces.dropFirst()
            parameters += part.parameters
        }
    }
}

/// A value on its way to or from a database.
public enum SQLValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    /// Without U+0000: see ``SQL/checkText()``.
    case text(String)
    case bytes([UInt8])
    case uuid(UUID)
    case instant(Instant)
    /// JSON text: `jsonb` where the database has it.
    case json(String)
}

/// A type that has a form in the database.
public protocol SQLConvertible {
    var sqlValue: SQLValue { get }

    /// - Returns: `nil` when the value is no such thing. An adapter may hand over a wider form than was
    ///   written (SQLite keeps a UUID as 16 bytes, an instant as microseconds), so each type reads those.
    init?(sqlValue: SQLValue)
}

/// One row of a result.
public struct SQLRow: Sendable {
    /// Shared by all rows of one result.
    public let columns: [String]
    public let values: [SQLValue]

    public init(columns: [String], values: [SQLValue]) {
        self.columns = columns
        self.values = values
    }

    /// The column's value.
    /// - Throws: `.internal` when there is no such column or it holds something else: the statement and
    ///   the code disagree, or the data is damaged.
    public func value<Value: SQLConvertible>(_ column: String, as _: Value.Type = Value.self) throws -> Value {
        guard let index = columns.firstIndex(of: column) else {
            throw SQLRowError(column: column, problem: "no such column among \(columns)")
        }
        guard let value = Value(sqlValue: values[index]) else {
            throw SQLRowError(column: column, problem: "not a \(Value.self)")
        }
        return value
    }
}

/// A row that doesn't hold what the code expects.
public struct SQLRowError: Error, CustomStringConvertible {
    let column: String
    let problem: String

    public var description: String { "column \(column): \(problem)" }
}

extension SQL {
    /// `?, ?, ?` with a parameter each, for `IN (…)`.
    public static func list(_ values: some Sequence<some SQLConvertible>) -> SQL {
        values.reduce(nil as SQL?) { list, value in list.map { "\($0), \(value)" } ?? "\(value)" } ?? "NULL"
    }
}
