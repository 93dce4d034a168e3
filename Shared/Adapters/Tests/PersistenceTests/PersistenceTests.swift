import Contracts
import ContractsTesting
import FoundationEssentials
import Testing

/// One after another: what they promise of time and memory, they can't promise while all others run.
@Suite(.serialized, .timeLimit(.minutes(3))) struct PersistenceTests {
    @Test(arguments: [DatabaseRig.sqlite, .sqliteInMemory], DatabaseConformance.checks)
    func everyDatabaseConforms(rig: DatabaseRig, check: Check<DatabaseRig>) async throws {
        try await check(rig)
    }

    @Test(withPostgres, arguments: [DatabaseRig.postgres], DatabaseConformance.checks)
    func postgresConforms(rig: DatabaseRig, check: Check<DatabaseRig>) async throws {
        try await check(rig)
    }

    @Test(
        .enabled(if: testData != nil), arguments: [DatabaseRig.sqlite] + (postgresURL == nil ? [] : [.postgres])
    )
    func naughtyStringsComeBackByteForByte(rig: DatabaseRig) async throws {
        let file = URL(filePath: try #require(testData) + "/security/naughty-strings.json")
        let strings = try JSONDecoder().decode([String].self, from: Data(contentsOf: file))
        #expect(strings.count > 500)
        try await DatabaseConformance.roundTrip(strings, in: rig)
    }
}

private let testData = ProcessInfo.processInfo.environment["FRONTDESK_TEST_DATA"]
