import Backups
import Contracts
import ContractsTesting
import FoundationEssentials
import Migrations
import SQLite
import Testing

@Suite(.timeLimit(.minutes(1))) struct UpgradeTests {
    private static let broken =
        Site.migrations + [
            Migration("0003_drop_effects", "DROP TABLE notes; DROP TABLE effects"),
            Migration(
                "0004_fail", "CREATE TABLE more (id INTEGER PRIMARY KEY); INSERT INTO nowhere VALUES (1)"),
        ]
    private let clock = TestClock()

    private func snapshots(_ site: String) -> UpgradeSnapshots {
        UpgradeSnapshots(service: "chat", dataFolder: site, now: clock.now)
    }

    private func migrate(_ site: Site, _ migrations: [Migration]) async throws {
        try await Migrator(database: site.chat, now: clock.now, logger: .quiet).apply(migrations, of: "site")
    }

    private func withSite(_ body: (Site) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            let site = try await Site("\(folder)/site")
            try await site.record(1...3)
            try await site.chat.transaction { try $0.executeScript("INSERT INTO effects VALUES (42)") }
            try await body(site)
        }
    }

    @Test func failedUpgradeIsUndoneByItself() async throws {
        try await withSite { site async throws in
            let error = await #expect(throws: UpgradeFailed.self) {
                try await snapshots(site.folder).protect { try await migrate(site, Self.broken) }
            }
            #expect(error?.description.contains("nowhere") == true)
            // Through connections that were open all along.
            #expect(try await site.effect == [42])
            #expect(try await site.recorded == [1, 2, 3])
            #expect(!snapshots(site.folder).isInterrupted)
            // The old program goes on, and the mended one takes the step.
            try await migrate(site, Site.migrations)
            try await site.record(4...4)
            let mended = Site.migrations + [Migration("0003_add", "INSERT INTO effects VALUES (43)")]
            try await snapshots(site.folder).protect { try await migrate(site, mended) }
            #expect(try await site.effect == [42, 43])
            #expect(try await site.recorded == [1, 2, 3, 4])
        }
    }

    @Test func upgradeThatWasKilledAnywhereBeginsAgain() async throws {
        try await withSite { site async throws in
            // What a crash leaves is what is in the folder at that moment.
            func crash(_ number: Int) throws {
                try FileManager.default.copyItem(atPath: site.folder, toPath: "\(site.folder)-\(number)")
            }
            let steps =
                Site.migrations + [
                    Migration("0003_change", "UPDATE effects SET number = number + 1"),
                    Migration("0004_add", "INSERT INTO effects VALUES (1)"),
                ]
            try await snapshots(site.folder).protect {
                for count in 2...4 {
                    try await migrate(site, Array(steps.prefix(count)))
                    try crash(count)
                }
            }
            for count in 2...4 {
                let left = "\(site.folder)-\(count)"
                #expect(snapshots(left).isInterrupted)
                #expect(try await snapshots(left).recover())
                let again = try await Site(left)
                #expect(try await again.effect == [42])
                #expect(try await again.recorded == [1, 2, 3])
                try await snapshots(left).protect { try await migrate(again, steps) }
                #expect(try await again.effect == [1, 43])
                #expect(try await !snapshots(left).recover())
            }
        }
    }

    @Test func lastThreeSnapshotsAreKept() async throws {
        try await withSite { site async throws in
            for _ in 1...5 {
                try await snapshots(site.folder).protect {}
                clock.advance(by: .seconds(60))
            }
            #expect(
                try names(in: site.folder + "/snapshots") == [
                    "chat-20260301T093200Z.sqlite", "chat-20260301T093300Z.sqlite",
                    "chat-20260301T093400Z.sqlite",
                ])
            #expect(permissions(of: site.folder + "/snapshots/chat-20260301T093400Z.sqlite") == 0o600)
        }
    }

    @Test func damagedMarkerStopsTheStart() async throws {
        try await withSite { site async throws in
            try await snapshots(site.folder).protect {}
            try Data("../../etc/passwd".utf8).write(
                to: URL(filePath: site.folder + "/snapshots/chat.upgrading"))
            await #expect(throws: BackupError.self) { try await snapshots(site.folder).recover() }
            #expect(try await site.recorded == [1, 2, 3])
        }
    }
}

extension Site {
    fileprivate var effect: [Int] {
        get async throws {
            try await chat.query("SELECT number FROM effects ORDER BY number").map { try $0.value("number") }
        }
    }
}
