import Contracts
import ContractsTesting
import FoundationEssentials
import Logging
import SQLite

extension DatabaseRig {
    static let sqlite = DatabaseRig("SQLite") { body in
        try await withTemporaryFolder { folder async throws in
            try await body(SQLiteDatabase(path: folder + "/test.sqlite"))
        }
    }

    static let sqliteInMemory = DatabaseRig("SQLite in memory", streamedRows: 200_000) { body in
        try await body(SQLiteDatabase.inMemory())
    }
}

func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sqlite-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
