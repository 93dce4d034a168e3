import CPostgreSQL
import Contracts
import FoundationEssentials

/// Backups of the services' schemas in PostgreSQL, with its own tools: `pg_dump` and `pg_restore` must be
/// installed, as new as the server.
///
/// A backup is what `pg_dump` calls its custom format, all schemas as of one moment.
public struct PostgreSQLBackup: Sendable {
    private let schemas: [String]
    private let variables: [String: String]
    private let password: String?

    /// Source: PostgreSQL's src/bin/pg_dump/pg_backup_archiver.c.
    private static let mark = Array("PGDMP".utf8)

    /// - Parameter url: As libpq takes it.
    /// - Throws: ``BackupError``, which repeats nothing of the URL.
    public init(url: String, schemas: [String]) throws {
        guard !url.utf8.contains(0), let options = PQconninfoParse(url, nil) else {
            throw BackupError("The database's address isn't one that PostgreSQL understands.")
        }
        defer { PQconninfoFree(options) }
        var variables: [String: String] = [:]
        var password: String?
        var option = options
        while let keyword = option.pointee.keyword {
            defer { option += 1 }
            guard let value = option.pointee.val.map({ String(cString: $0) }) else { continue }
            if String(cString: keyword) == "password" {
                password = value
            } else if let variable = option.pointee.envvar {
                variables[String(cString: variable)] = value
            }
        }
        self.schemas = schemas
        self.variables = variables
        self.password = password
    }

    /// Whether a file is such a backup, by its first bytes.
    public static func isOne(_ path: String) -> Bool {
        guard let start = try? InputFile(path).read(atMost: mark.count) else { return false }
        return start.elementsEqual(mark)
    }

    /// Writes a backup to `path`, which is there when it is complete and on the disk, and not before.
    /// - Parameter replacing: Whether a file that is there already may go.
    /// - Throws: ``BackupError``.
    public func write(to path: String, replacing: Bool = false) async throws {
        guard replacing || !DurableFiles.exists(path) else { throw BackupError.exists(path) }
        try await BackupThread.run {
            try inWorkshop(for: path) { workshop, environment in
                let archive = workshop.path(Workshop.archive)
                // Made here, so that nobody else can read it at any time.
                try OutputFile(creating: archive).flush()
                let names = schemas.map { "--schema=\"\($0)\"" }
                try Tool("pg_dump").run(
                    ["--format=custom", "--no-password", "--file=\(archive)"] + names, environment)
                try DurableFiles.flush(file: archive)
                try DurableFiles.publish(archive, as: path, replacing: replacing)
            }
        }
    }

    /// Brings a backup back, all of it or nothing.
    /// - Throws: ``BackupError``, also when one of its schemas is there already.
    public func restore(_ path: String) async throws {
        let database = variables["PGDATABASE"] ?? variables["PGUSER"] ?? "postgres"
        try await BackupThread.run {
            try inWorkshop(for: "\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString)") {
                _, environment in
                try Tool("pg_restore").run(
                    [
                        "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
                        "--no-password", "--dbname=\(database)", path,
                    ], environment)
            }
        }
    }

    /// Reads all of it, as for restoring it.
    /// - Throws: ``BackupError``.
    public static func verify(_ path: String) async throws {
        try await BackupThread.run {
            try Tool("pg_restore").run(["--file=/dev/null", path], [:])
        }
    }

    /// The password goes into a file: what is on a command line, everybody on the machine can read.
    private func inWorkshop(
        for path: String, _ body: (Workshop, _ environment: [String: String]) throws -> Void
    ) throws {
        let workshop = Workshop(for: path)
        try workshop.prepare()
        defer { workshop.clear() }
        var environment = variables
        if let password {
            let file = workshop.path("password")
            let escaped = password.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
            try DurableFiles.write("*:*:*:*:\(escaped)\n", to: file)
            environment["PGPASSFILE"] = file
        }
        try body(workshop, environment)
    }
}
