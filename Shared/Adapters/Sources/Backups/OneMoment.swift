import Contracts
import GRDB

/// Several databases, read as of one moment.
///
/// Services write to their own databases, each in its own time, and know how far the others have come: who
/// copied one after another would have a subscriber that is behind what its publisher has noted, and so events
/// that never come. For the blink of an eye nobody may write anywhere; in it a read begins on each database.
/// What they show from then on is what a crash of everything at that moment would have left.
// Safe: its connections have queues of their own, and the open reads are used by whoever made it.
struct OneMoment: @unchecked Sendable {
    /// In the order they were given.
    private let reads: [DatabaseQueue]

    /// Nobody who writes is kept waiting for longer, and whoever is kept comes back well before giving up.
    private static let patience = Duration.milliseconds(250)

    /// - Returns: `nil` when somebody writes for longer than that: try again later.
    /// - Throws: ``BackupError``.
    static func take(of files: [SQLiteFile]) throws -> OneMoment? {
        let locks = try files.map { try $0.unguardedConnection(patience: patience) }
        defer { locks.forEach(end) }
        let reads = try files.map { try $0.unguardedConnection(readonly: true, patience: patience) }
        do {
            // The others take one lock each, so that nobody can wait for us in a circle.
            for lock in locks { try lock.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") } }
            for read in reads {
                try read.writeWithoutTransaction { database in
                    try database.execute(sql: "BEGIN")
                    // The read begins with the first thing that is read.
                    _ = try Row.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema")
                }
            }
            return OneMoment(reads: reads)
        } catch let error as GRDB.DatabaseError where error.resultCode == .SQLITE_BUSY {
            reads.forEach(end)
            return nil
        } catch {
            reads.forEach(end)
            throw error
        }
    }

    /// Copies one of the files to where there is none yet.
    func copy(_ index: Int, to file: SQLiteFile) throws {
        try reads[index].writeWithoutTransaction { try file.receive(from: $0) }
    }

    /// Lets go of it: until then the databases keep what has changed since.
    func end() {
        reads.forEach(Self.end)
    }

    private static func end(_ connection: DatabaseQueue) {
        // A connection that can't be rolled back or closed is let go with its last reference.
        try? connection.writeWithoutTransaction {
            if $0.isInsideTransaction { try $0.execute(sql: "ROLLBACK") }
        }
        try? connection.close()
    }
}
