import Contracts
import ContractsTesting
import Dispatch
import FoundationEssentials
import Glibc
import SQLite
import Testing

extension PersistenceTests {
    /// What is SQLite's own affair.
    @Suite struct SQLiteDatabaseTests {
        @Test func filesAreForTheirOwnerOnly() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                try await database.createNotes()
                let files = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(files.count == 3, "the database, its write-ahead log and the log's index: \(files)")
                for file in files {
                    var status = stat()
                    #expect(stat(folder + "/" + file, &status) == 0)
                    #expect(status.st_mode & 0o777 == 0o600, "\(file)")
                }
            }
        }

        /// GRDB lowers it when it turns on the write-ahead log.
        @Test func everyCommitIsSyncedToDisk() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                let level = try await database.transaction {
                    try $0.first("PRAGMA synchronous")?.value("synchronous", as: Int.self)
                }
                #expect(level == 2, "FULL")
            }
        }

        @Test func missingFolderIsUnavailable() {
            #expect(throws: DatabaseError.self) {
                try SQLiteDatabase(path: "/nowhere/\(UUID().uuidString)/test.sqlite")
            }
        }

        @Test func whatWasWrittenIsThereForTheNextProcess() async throws {
            try await withTemporaryFolder { folder async throws in
                let path = folder + "/test.sqlite"
                try await {
                    let database = try SQLiteDatabase(path: path)
                    try await database.createNotes()
                    try await database.transaction { try $0.insertNote(1) }
                }()
                #expect(try await SQLiteDatabase(path: path).notes == [1])
            }
        }

        // A full disk ends the transaction by itself; here a statement does. The next in the same commit must
        // not pay for it, and who caused it must hear why.
        @Test(arguments: [1, 20])
        func statementThatEndsTheTransactionIsItsOwnFault(writers: Int) async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                try await database.createNotes()
                try await database.transaction { try $0.insertNote(1000) }
                let outcomes = Record<(Int, (any Error)?)>()
                try await database.holdingWriters { began in
                    for number in 0..<writers {
                        Task {
                            began.append(number)
                            do {
                                try await database.transaction { transaction in
                                    try transaction.insertNote(number)
                                    guard number.isMultiple(of: 4) else { return }
                                    try transaction.execute("INSERT OR ROLLBACK INTO notes (id) VALUES (1000)")
                                }
                                outcomes.append((number, nil))
                            } catch {
                                outcomes.append((number, error))
                            }
                        }
                    }
                    try await began.reaches(writers)
                }
                try await within { try await outcomes.reaches(writers) }
                for (number, error) in outcomes.items {
                    if number.isMultiple(of: 4) {
                        guard case DatabaseError.uniqueViolation? = error else {
                            Issue.record("\(number): \(String(describing: error))")
                            continue
                        }
                    } else {
                        #expect(error == nil)
                    }
                }
                #expect(try await database.notes == (0..<writers).filter { !$0.isMultiple(of: 4) } + [1000])
            }
        }

        @Test func fullDatabaseIsUnavailable() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                try await database.createNotes()
                let error = await failure {
                    try await database.transaction { transaction in
                        _ = try transaction.query("PRAGMA max_page_count = 8")
                        for number in 0..<100 {
                            try transaction.insertNote(number, String(repeating: "x", count: 4000))
                        }
                    }
                }
                #expect(error == .databaseUnavailable)
                #expect(try await database.notes == [])
            }
        }

        @Test func cancelledWriterThatStillWaitsDoesNotRun() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                try await database.createNotes()
                let waiting = try await database.holdingWriters { _ in
                    let waiting = Task { try await database.transaction { try $0.insertNote(1) } }
                    waiting.cancel()
                    return waiting
                }
                await #expect(throws: CancellationError.self) { try await waiting.value }
                try await database.transaction { try $0.insertNote(2) }
                #expect(try await database.notes == [2])
            }
        }

        @Test func tooManyWaitingWritersAreTurnedAway() async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                try await database.createNotes()
                let outcomes = Record<ServiceError?>()
                try await database.holdingWriters { _ in
                    for number in 0..<4200 {
                        Task {
                            do {
                                try await database.transaction { try $0.insertNote(number) }
                                outcomes.append(nil)
                            } catch {
                                outcomes.append(ServiceError(describing: error))
                            }
                        }
                    }
                    // 4096 wait; nobody else gets an answer before the first is through.
                    try await outcomes.reaches(104)
                    #expect(outcomes.items.allSatisfy { $0 == .databaseUnavailable })
                }
                try await within { try await outcomes.reaches(4200) }
                #expect(outcomes.items.filter { $0 == nil }.count == 4096)
                #expect(try await database.notes.count == 4096)
            }
        }

        @Test func connectionOfAResultIsLetGo() async throws {
            try await withTemporaryFolder { folder async throws in
                let path = folder + "/test.sqlite"
                let database = try SQLiteDatabase(path: path)
                try await database.createNotes()
                for number in 0..<300 { try await database.transaction { try $0.insertNote(number) } }
                // While others hold locks on a file, SQLite keeps a closed descriptor of it for the next who opens it:
                // so the first result leaves one, and no other may.
                try await database.rows("SELECT id FROM notes") { _ in }
                let before = try openFiles(beginningWith: path)
                for _ in 0..<20 {
                    await #expect(throws: CancellationError.self) {
                        try await database.rows("SELECT id FROM notes") { _ in
                            #expect(try openFiles(beginningWith: path) > before)
                            throw CancellationError()
                        }
                    }
                }
                #expect(try openFiles(beginningWith: path) == before)
            }
        }
    }
}

private func openFiles(beginningWith path: String) throws -> Int {
    let folder = "/proc/self/fd"
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter { descriptor in
        // The folder's own descriptor is gone by now.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + descriptor))?.hasPrefix(path)
            == true
    }.count
}

extension Database {
    func createNotes() async throws {
        try await transaction {
            try $0.executeScript("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT) STRICT")
        }
    }

    var notes: [Int] {
        get async throws { try await query("SELECT id FROM notes ORDER BY id").map { try $0.value("id") } }
    }

    /// Holds up all writers while `body` runs.
    fileprivate func holdingWriters<Result: Sendable>(
        _ body: @escaping @Sendable (_ began: Record<Int>) async throws -> Result
    ) async throws -> Result {
        let isHeld = Gate()
        let mayGoOn = DispatchSemaphore(value: 0)
        async let holder: Void = transaction { _ in
            isHeld.open()
            // A body is synchronous: it holds its thread for as long as it likes.
            #expect(mayGoOn.wait(timeout: .now() + 30) == .success)
        }
        try await isHeld.wait()
        let result: Result
        do {
            result = try await within { try await body(Record()) }
        } catch {
            mayGoOn.signal()
            throw error
        }
        mayGoOn.signal()
        try await holder
        return result
    }
}

extension SQLTransaction {
    func insertNote(_ id: Int, _ text: String = "") throws {
        try execute("INSERT INTO notes (id, text) VALUES (\(id), \(text))")
    }
}
