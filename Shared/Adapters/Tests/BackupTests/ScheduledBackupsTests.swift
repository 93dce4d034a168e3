import Backups
import Contracts
import ContractsTesting
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct ScheduledBackupsTests {
    private let clock = TestClock()
    private let tried = Record<String>()

    /// Runs the job until a number of hours have passed.
    private func run(
        hours: Int, in folder: String, keeping kept: Int = 3,
        _ backup: @escaping @Sendable (String) async throws -> Void = { _ in }
    ) async throws {
        let end = clock.now() + .seconds(hours * 3600)
        try await ScheduledBackups(
            folder: folder, interval: .seconds(24 * 3600), kept: kept,
            backup: { [tried] path in
                tried.append(path)
                try await backup(path)
                try Data("backup".utf8).write(to: URL(filePath: path))
            },
            now: clock.now,
            sleep: { [clock] duration in
                clock.advance(by: duration)
                if clock.now() > end { throw CancellationError() }
            }, logger: .quiet
        ).job.run()
    }

    @Test func backupIsMadeWhenItIsDueAndTheOldestGoes() async throws {
        try await withTemporaryFolder { folder async throws in
            try Data("mine".utf8).write(to: URL(filePath: "\(folder)/frontdesk-by-hand.tar"))
            try await run(hours: 5 * 24 - 1, in: folder)
            #expect(tried.items.count == 5)
            #expect(
                try names(in: folder) == [
                    "frontdesk-20260303T093000Z.tar", "frontdesk-20260304T093000Z.tar",
                    "frontdesk-20260305T093000Z.tar", "frontdesk-by-hand.tar",
                ])
        }
    }

    @Test func restartMakesNoBackupBeforeItIsDue() async throws {
        try await withTemporaryFolder { folder async throws in
            try await run(hours: 1, in: folder)
            try await run(hours: 20, in: folder)
            #expect(tried.items.count == 1)
            try await run(hours: 4, in: folder)
            #expect(tried.items.count == 2)
        }
    }

    @Test func failedBackupIsTriedAgainAndCostsNoOldOne() async throws {
        try await withTemporaryFolder { folder async throws in
            try await run(hours: 1, in: folder, keeping: 1)
            clock.advance(by: .seconds(24 * 3600))
            try await run(hours: 2, in: folder, keeping: 1) { _ in throw BackupError("The disk is full.") }
            #expect(tried.items.count > 5)
            #expect(try names(in: folder) == ["frontdesk-20260301T093000Z.tar"])
        }
    }

    @Test func backupFromTheFutureStopsNothing() async throws {
        try await withTemporaryFolder { folder async throws in
            try Data("future".utf8).write(to: URL(filePath: "\(folder)/frontdesk-20300101T000000Z.tar"))
            try await run(hours: 25, in: folder)
            #expect(tried.items.count == 2)
        }
    }
}
