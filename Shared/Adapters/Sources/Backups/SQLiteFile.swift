import Contracts
import Crypto
import FoundationEssentials
import GRDB

// GRDB has types of these names too.
private typealias Connection = GRDB.Database

/// A database file, seen from outside: copied, checked and counted.
struct SQLiteFile: Sendable {
    let path: String

    /// - Throws: ``BackupError`` when there is none.
    func connection(readonly: Bool = false) throws -> DatabaseQueue {
        try connection(readonly: readonly, patience: .seconds(30), leavesTransactionsOpen: false)
    }

    /// One whose transactions go on from one access to the next.
    func unguardedConnection(readonly: Bool = false, patience: Duration) throws -> DatabaseQueue {
        try connection(readonly: readonly, patience: patience, leavesTransactionsOpen: true)
    }

    private func connection(
        readonly: Bool, patience: Duration, leavesTransactionsOpen: Bool
    ) throws -> DatabaseQueue {
        guard DurableFiles.exists(path) else { throw BackupError("There is no \(path).") }
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.allowsUnsafeTransactions = leavesTransactionsOpen
        configuration.busyMode = .timeout(patience / .seconds(1))
        // What refers to nothing is to be found, not to be stumbled over.
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Copies what a transaction on `source` sees to this file, which is made. One file without company
    /// afterwards, on the disk.
    func receive(from source: GRDB.Database) throws {
        // Before SQLite makes it, so that nobody else can read it at any time.
        try OutputFile(creating: path).flush()
        let queue = try connection()
        try queue.writeWithoutTransaction { copy in
            try source.backup(to: copy)
        }
        try queue.close()
        // The copy says of itself that it has a log beside it, as the original does: until this is done.
        let plain = try connection()
        try plain.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try plain.close()
    }

    /// Copies it as it is at this moment, whoever works on it, to where there is no file yet.
    func copy(to copy: SQLiteFile) throws {
        let source = try connection(readonly: true)
        defer { try? source.close() }
        try source.read { try copy.receive(from: $0) }
    }

    /// Makes this file's contents those of another. As one: whoever has it open sees all of it or nothing,
    /// and after a crash in between it is as before.
    func replaceContents(with other: SQLiteFile) throws {
        let source = try other.connection(readonly: true)
        let destination = try connection()
        try source.read { source in
            try destination.writeWithoutTransaction { try source.backup(to: $0) }
        }
        try destination.close()
        try source.close()
    }

    /// Looks at every page and every reference.
    /// - Returns: What is wrong; empty when nothing is.
    func problems() throws -> [String] {
        let queue = try connection()
        defer { try? queue.close() }
        return try queue.read { database in
            let found = try String.fetchAll(database, sql: "PRAGMA integrity_check(10)").filter { $0 != "ok" }
            guard found.isEmpty else { return found.map { "damaged: \($0)" } }
            let dangling = try String.fetchAll(
                database, sql: "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check LIMIT 10")
            return dangling.map { "rows of \($0) refer to something that isn't there" }
        }
    }

    func contents() throws -> DatabaseContents {
        let queue = try connection()
        defer { try? queue.close() }
        return try queue.read { database in
            let names = try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM sqlite_schema
                    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                    AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name
                    """)
            var tables: [String: Int64] = [:]
            for name in names {
                tables[name] = try Int64.fetchOne(
                    // Safe: a name of the schema itself, in quotes of SQLite.
                    database, sql: "SELECT count(*) FROM \(name.quotedDatabaseIdentifier)")
            }
            return DatabaseContents(
                migrations: names.contains("schema_migrations") ? try Self.migrations(database) : [],
                tables: tables,
                lastEvent: names.contains("events")
                    ? try Int64.fetchOne(database, sql: "SELECT max(position) FROM events") : nil,
                cursors: names.contains("relay_cursors") ? try Self.cursors(database) : [:])
        }
    }

    func sha256() throws -> String {
        let file = try InputFile(path)
        var hash = SHA256()
        while case let part = try file.read(), !part.isEmpty {
            hash.update(data: part)
        }
        return hash.finalize().hexadecimal
    }

    private static func migrations(_ database: Connection) throws -> [DatabaseContents.AppliedMigration] {
        try Row.fetchAll(database, sql: "SELECT * FROM schema_migrations ORDER BY component, version").map {
            DatabaseContents.AppliedMigration(
                component: $0["component"], version: $0["version"], name: $0["name"],
                // A table that an early program made has no such column.
                checksum: $0.hasColumn("checksum") ? $0["checksum"] : nil)
        }
    }

    private static func cursors(_ database: Connection) throws -> [String: Int64] {
        let rows = try Row.fetchAll(database, sql: "SELECT subscriber, position FROM relay_cursors")
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["subscriber"], $0["position"]) })
    }
}

extension SHA256Digest {
    var hexadecimal: String {
        reduce(into: "") { text, byte in
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
    }
}
