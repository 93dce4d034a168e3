@testable import Backups
import Contracts
import ContractsTesting
import FoundationEssentials
import GRDB
import SQLite
import Testing

@Suite(.timeLimit(.minutes(2))) struct BackupTests {
    @Test func whatWasBackedUpComesBack() async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            try await site.record(1...20)
            try await site.settle()
            let manifest = try await SiteBackup("\(folder)/site").write(to: "\(folder)/a.tar")

            #expect(manifest.members.map(\.name) == Site.databases)
            let chat = manifest.members[1].contents
            #expect(chat.tables["events"] == 20 && chat.lastEvent == 20 && chat.cursors["ai"] == 20)
            #expect(chat.migrations.map(\.component) == ["outbox", "outbox", "site", "site"])
            #expect(permissions(of: "\(folder)/a.tar") == 0o600)
            #expect(try names(in: folder) == ["a.tar", "site"])

            let report = try await BackupReader("\(folder)/a.tar").verify(in: folder)
            #expect(report.problems == [])
            #expect(report.checks.contains("chat.sqlite: 20 audited events"))

            #expect(try await BackupReader("\(folder)/a.tar").restore(to: "\(folder)/new") == manifest)
            #expect(try names(in: "\(folder)/new") == Site.databases)
            #expect(permissions(of: "\(folder)/new/chat.sqlite") == 0o600)
            let restored = try await Site("\(folder)/new")
            #expect(try await restored.recorded == Array(1...20))
            #expect(try await restored.effects == Array(1...20))
        }
    }

    @Test func backupsOfAWorkingSiteAreOfOneMomentAndLoseNothing() async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await site.relay() }
                group.addTask {
                    for number in 1...100_000 {
                        try Task.checkCancellation()
                        try await site.record(number...number)
                    }
                }
                for number in 1...8 {
                    let soFar = try await site.effects.count
                    while try await site.effects.count < soFar + 15 { await Task.yield() }
                    try await SiteBackup("\(folder)/site").write(to: "\(folder)/\(number).tar")
                }
                group.cancelAll()
                while let result = await group.nextResult() {
                    if case .failure(let error) = result, !(error is CancellationError) { throw error }
                }
            }
            for number in 1...8 {
                try await BackupReader("\(folder)/\(number).tar").restore(to: "\(folder)/new-\(number)")
                let restored = try await Site("\(folder)/new-\(number)")
                let (recorded, effects) = (try await restored.recorded, try await restored.effects)
                // Nobody has reacted to what isn't recorded, and who is noted to have reacted has.
                #expect(recorded.starts(with: effects))
                #expect(try await restored.cursor <= effects.count)
                try await restored.settle()
                #expect(try await restored.effects == recorded)
            }
        }
    }

    @Test func momentWaitsUntilNobodyWritesAnywhere() async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            let writer = try SQLiteFile(path: "\(site.folder)/chat.sqlite")
                .unguardedConnection(patience: .seconds(1))
            try await writer.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            let waits = ContractsTesting.Record<Duration>()
            let backup = SiteBackup(
                folder: site.folder, databases: Site.databases, program: "1.0.0", now: TestClock().now,
                sleep: { duration in
                    waits.append(duration)
                    try await writer.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
                })
            try await backup.write(to: "\(folder)/a.tar")
            #expect(waits.items.count == 1)
        }
    }

    @Test func nothingIsReplacedUnlessAsked() async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            let backup = SiteBackup("\(folder)/site")
            try await backup.write(to: "\(folder)/a.tar")
            try await site.record(1...3)
            await #expect(throws: BackupError.self) { try await backup.write(to: "\(folder)/a.tar") }
            let second = try await backup.write(to: "\(folder)/a.tar", replacing: true)
            #expect(second.members[1].contents.lastEvent == 3)
            #expect(try await BackupReader("\(folder)/a.tar").verify(in: folder).manifest == second)
        }
    }

    @Test func damagedDatabaseIsNotBackedUp() async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            // As if the effect had been lost.
            let raw = try SQLiteFile(path: "\(site.folder)/ai.sqlite").connection()
            try await raw.write { try $0.execute(sql: "INSERT INTO notes VALUES (1, 7, 'x')") }
            let error = await #expect(throws: BackupError.self) {
                try await SiteBackup("\(folder)/site").write(to: "\(folder)/a.tar")
            }
            #expect(error?.description.contains("ai.sqlite") == true)
            #expect(try names(in: folder) == ["site"])
        }
    }

    @Test func emptyFolderHasNothingToBackUp() async throws {
        try await withTemporaryFolder { folder async throws in
            await #expect(throws: BackupError.self) {
                try await SiteBackup(folder).write(to: "\(folder)/a.tar")
            }
        }
    }

    @Test func anyChangeToABackupIsFound() async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            try await site.record(1...3)
            try await SiteBackup("\(folder)/site").write(to: "\(folder)/a.tar")
            let whole = try Data(contentsOf: URL(filePath: "\(folder)/a.tar"))
            // Of the headers only what names and measures counts, so the bytes are taken from contents.
            for offset in stride(from: 600, to: whole.count - 1024, by: 4099) where whole[offset] != 0 {
                var changed = whole
                changed[offset] ^= 0x10
                #expect(await !isGood(changed, in: folder), "The byte at \(offset) was changed.")
            }
            for length in [0, 100, 512, 5000, whole.count / 2, whole.count - 1025] {
                #expect(await !isGood(whole.prefix(length), in: folder), "\(length) bytes are left.")
            }
            #expect(await isGood(whole, in: folder))
        }
    }

    @Test func tamperedEventIsFoundThoughItsSumsAreRight() async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            try await site.record(1...3)
            try await site.chat.transaction {
                _ = try $0.execute("UPDATE events SET payload = '{\"number\":9}' WHERE sequence = 2")
            }
            try await SiteBackup("\(folder)/site").write(to: "\(folder)/a.tar")
            let report = try await BackupReader("\(folder)/a.tar").verify(in: folder)
            #expect(report.problems == ["chat.sqlite: Event 2 was changed."])
        }
    }

    @Test func sizesBeyondEightGibibytesAreKept() async throws {
        try await withTemporaryFolder { folder async throws in
            let writer = ArchiveWriter(try OutputFile(creating: "\(folder)/a.tar"), time: TestClock().now())
            try writer.begin("large", bytes: 9 << 30)
            let entry = try #require(try ArchiveReader(InputFile("\(folder)/a.tar")).next())
            #expect(entry.name == "large" && entry.bytes == 9 << 30)
        }
    }

    private func isGood(_ data: Data, in folder: String) async -> Bool {
        let path = "\(folder)/changed.tar"
        do {
            try data.write(to: URL(filePath: path))
            return try await BackupReader(path).verify(in: folder).problems.isEmpty
        } catch {
            return false
        }
    }
}
