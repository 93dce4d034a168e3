import CPostgreSQL

/// A connection through libpq's blocking calls with nothing around it: what the events are compared to.
/// One caller at a time.
// Safe: each caller has a connection of its own, and libpq doesn't care which thread calls.
final class RawPostgreSQL: @unchecked Sendable {
    private let connection: OpaquePointer

    init(url: String, schema: String) throws {
        guard let connection = PQconnectdb(url), PQstatus(connection) == CONNECTION_OK else {
            throw RawPostgreSQLError.failed("The server can't be reached.")
        }
        self.connection = connection
        try run("SET client_min_messages = error")
        try run("CREATE SCHEMA IF NOT EXISTS \(schema)")
        try run("SET search_path = \(schema)")
    }

    deinit {
        PQfinish(connection)
    }

    /// Runs any number of statements.
    func run(_ script: String) throws {
        try check(PQexec(connection, script))
    }

    func prepare(_ name: String, _ statement: String, types: [Oid]) throws {
        try check(PQprepare(connection, name, statement, Int32(types.count), types))
    }

    /// Runs a prepared statement with binary parameters.
    func run(prepared name: String, _ parameters: borrowing RawParameters) throws {
        try check(
            PQexecPrepared(
                connection, name, Int32(parameters.lengths.count), parameters.pointers, parameters.lengths,
                parameters.formats, 1))
    }

    /// What `COPY … TO STDOUT` sends.
    /// - Returns: How many rows, and of how many bytes.
    func copyOut(_ statement: String) throws -> (rows: Int, bytes: Int) {
        try check(PQexec(connection, statement), is: PGRES_COPY_OUT)
        var (rows, bytes) = (0, 0)
        var row: UnsafeMutablePointer<CChar>?
        while case let length = PQgetCopyData(connection, &row, 0), length > 0 {
            rows += 1
            bytes += Int(length)
            PQfreemem(row)
        }
        while let result = PQgetResult(connection) { try check(result) }
        return (rows, bytes)
    }

    private func check(_ result: OpaquePointer?, is expected: ExecStatusType? = nil) throws {
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == expected || (expected == nil && [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(status))
        else { throw RawPostgreSQLError.failed(String(cString: PQresultErrorMessage(result))) }
    }
}

enum RawPostgreSQLError: Error {
    case failed(String)
}

/// Binary parameters at fixed places in one piece of memory, of which only what changes is written again.
struct RawParameters: ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer
    let pointers: [UnsafePointer<CChar>?]
    let lengths: [Int32]
    let formats: [Int32]

    /// - Parameter values: `nil` is NULL.
    init(_ values: [[UInt8]?]) {
        let content = values.flatMap { $0 ?? [] }
        bytes = .allocate(byteCount: max(1, content.count), alignment: 8)
        bytes.copyBytes(from: content)
        var offset = 0
        var pointers: [UnsafePointer<CChar>?] = []
        for value in values {
            let place = bytes.baseAddress!.assumingMemoryBound(to: CChar.self) + offset
            pointers.append(value == nil ? nil : UnsafePointer(place))
            offset += value?.count ?? 0
        }
        self.pointers = pointers
        lengths = values.map { Int32($0?.count ?? 0) }
        formats = values.map { _ in 1 }
    }

    deinit {
        bytes.deallocate()
    }

    /// Where the first byte of a parameter lies.
    func offset(of index: Int) -> Int {
        lengths[..<index].reduce(0) { $0 + Int($1) }
    }
}
