import CPostgreSQL
import Contracts

/// A statement that one connection has prepared.
// Safe: touched only on its connection's thread.
final class PreparedStatement: @unchecked Sendable {
    let name: String
    let types: [Oid]
    fileprivate let pieces: [String]
    fileprivate(set) var lastUse = 0
    private var columns: Columns?

    fileprivate init(number: Int, pieces: [String], types: [Oid]) {
        name = "s\(number)"
        self.pieces = pieces
        self.types = types
    }

    /// Whether it was prepared for parameters of these kinds; NULL is of any.
    fileprivate func accepts(_ parameters: [SQLValue]) -> Bool {
        for (type, parameter) in zip(types, parameters) where type != parameter.postgresType {
            guard case .null = parameter else { return false }
        }
        return true
    }

    /// The same for every answer: the server refuses to run a plan whose columns have changed.
    func columns(of result: OpaquePointer) -> Columns {
        if let columns { return columns }
        let learned = Columns(of: result)
        columns = learned
        return learned
    }
}

/// What one connection has prepared: the statements it ran last.
struct PreparedStatements {
    private var statements: [[String]: [PreparedStatement]] = [:]
    private var count = 0
    private var uses = 0
    private var made = 0

    /// Each takes some ten kilobytes of the server's memory.
    static let maximum = 200

    mutating func find(_ statement: SQL) -> PreparedStatement? {
        guard let known = statements[statement.pieces]?.first(where: { $0.accepts(statement.parameters) })
        else {
            return nil
        }
        uses += 1
        known.lastUse = uses
        return known
    }

    /// - Returns: The new one, and the one that the server is to forget for it.
    mutating func add(_ statement: SQL) -> (PreparedStatement, evicted: PreparedStatement?) {
        let evicted = count == Self.maximum ? leastRecentlyUsed : nil
        if let evicted { remove(evicted) }
        made += 1
        uses += 1
        let prepared = PreparedStatement(
            number: made, pieces: statement.pieces, types: statement.parameters.map(\.postgresType))
        prepared.lastUse = uses
        statements[statement.pieces, default: []].append(prepared)
        count += 1
        return (prepared, evicted)
    }

    /// After a failure to prepare it, or when its plan is stale.
    mutating func remove(_ prepared: PreparedStatement) {
        guard var variants = statements[prepared.pieces],
            let index = variants.firstIndex(where: { $0 === prepared })
        else { return }
        variants.remove(at: index)
        statements[prepared.pieces] = variants.isEmpty ? nil : variants
        count -= 1
    }

    private var leastRecentlyUsed: PreparedStatement? {
        statements.values.joined().min { $0.lastUse < $1.lastUse }
    }
}
