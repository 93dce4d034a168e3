import Backups
import Contracts
import ContractsTesting
import FoundationEssentials
import SQLite
import Testing

@Suite(.timeLimit(.minutes(1))) struct RestoreTests {
    private func withBackup(_ body: (_ folder: String, _ file: String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            try await site.record(1...3)
            try await SiteBackup("\(folder)/site").write(to: "\(folder)/a.tar")
            try await body(folder, "\(folder)/a.tar")
        }
    }

    @Test func onlyAnEmptyFolderIsRestoredTo() async throws {
        try await withBackup { folder, file async throws in
            await #expect(throws: BackupError.self) {
                try await BackupReader(file).restore(to: "\(folder)/site")
            }
            #expect(try await Site("\(folder)/site").recorded == [1, 2, 3])
            try FileManager.default.createDirectory(
                atPath: "\(folder)/volume/lost+found", withIntermediateDirectories: true)
            _ = try DataFolderLock("\(folder)/volume", services: ["chat"])
            try await BackupReader(file).restore(to: "\(folder)/volume")
            #expect(
                try names(in: "\(folder)/volume") == ["ai.sqlite", "chat.lock", "chat.sqlite", "lost+found"])
        }
    }

    @Test func newerSchemaIsRefusedAndLeavesNothing() async throws {
        try await withBackup { folder, file async throws in
            let older = BackupReader(file, knowing: Array(Site.migrations.prefix(1)))
            let error = await #expect(throws: BackupError.self) { try await older.restore(to: "\(folder)/new") }
            #expect(error?.description.contains("newer") == true)
            #expect(try names(in: "\(folder)/new") == [])
        }
    }

    @Test func restoreThatWasInterruptedIsRefusedUntilItIsRepeated() async throws {
        try await withBackup { folder, file async throws in
            let new = "\(folder)/new"
            try FileManager.default.createDirectory(
                atPath: "\(new)/.restoring", withIntermediateDirectories: true)
            try Data("half".utf8).write(to: URL(filePath: "\(new)/.restoring/chat.sqlite"))
            #expect(throws: BackupError.self) { try RestoredFolder(new).recover() }
            #expect(throws: BackupError.self) { try RestoredFolder(new).requireWhole() }
            try await BackupReader(file).restore(to: new)
            try RestoredFolder(new).requireWhole()
            #expect(try await Site(new).recorded == [1, 2, 3])
        }
    }

    @Test func restoreThatWasInterruptedWhileMovingIsCompleted() async throws {
        try await withBackup { folder, file async throws in
            let new = "\(folder)/new"
            try await BackupReader(file).restore(to: new)
            try FileManager.default.createDirectory(
                atPath: "\(new)/.restored", withIntermediateDirectories: true)
            try FileManager.default.moveItem(
                atPath: "\(new)/chat.sqlite", toPath: "\(new)/.restored/chat.sqlite")
            #expect(throws: BackupError.self) { try RestoredFolder(new).requireWhole() }
            try RestoredFolder(new).recover()
            #expect(try names(in: new) == Site.databases)
            #expect(try await Site(new).recorded == [1, 2, 3])
        }
    }
}
