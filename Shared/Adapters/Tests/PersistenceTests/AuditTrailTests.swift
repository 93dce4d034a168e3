import Contracts
import ContractsTesting
import FoundationEssentials
import Outbox
import Testing

/// A change to what was recorded, and the sequence of the event where it shows.
struct Tampering: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let statements: [SQL]
    let shows: Int64

    static let all = [
        Tampering(
            testDescription: "a payload is changed",
            statements: ["UPDATE events SET payload = '{\"number\":99}' WHERE sequence = 4"], shows: 4),
        Tampering(
            testDescription: "a name is changed",
            statements: ["UPDATE events SET name = 'chat.forged.v1' WHERE sequence = 10"], shows: 10),
        Tampering(
            testDescription: "the moment is changed by a microsecond",
            statements: [
                "UPDATE events SET occurred_at = \(TestClock().now() + .microseconds(1)) WHERE sequence = 1"
            ],
            shows: 1),
        Tampering(
            testDescription: "an event is taken out", statements: ["DELETE FROM events WHERE sequence = 5"],
            shows: 6),
        Tampering(
            testDescription: "the first is taken out", statements: ["DELETE FROM events WHERE sequence = 1"],
            shows: 2),
        Tampering(
            testDescription: "an event is taken out and the others close up",
            statements: [
                "DELETE FROM events WHERE sequence = 5", "UPDATE events SET sequence = 5 WHERE sequence = 6",
                "UPDATE events SET sequence = 6 WHERE sequence = 7",
            ], shows: 5),
        Tampering(
            testDescription: "two change places",
            statements: [
                "UPDATE events SET sequence = 100 WHERE sequence = 3",
                "UPDATE events SET sequence = 3 WHERE sequence = 7",
                "UPDATE events SET sequence = 7 WHERE sequence = 100",
            ], shows: 3),
        Tampering(
            testDescription: "a hash is removed",
            statements: ["UPDATE events SET hash = NULL WHERE sequence = 8"],
            shows: 8),
        Tampering(
            testDescription: "the first hashes are removed, as if the stream hadn't been audited then",
            statements: ["UPDATE events SET hash = NULL WHERE sequence <= 4"], shows: 5),
    ]
}

extension PersistenceTests {
    @Suite struct AuditTrailTests {
        private static let audited: Set<String> = ["conversation"]

        private func check(_ rig: OutboxRig) async throws -> AuditTrailReport {
            try await Outbox.checkAuditTrail(in: rig.database, audited: Self.audited)
        }

        @Test(arguments: OutboxRig.databases)
        func untouchedTrailIsWhole(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                // Several in a transaction, and streams that alternate.
                for start in stride(from: 1, through: 10, by: 2) {
                    try await rig.record(start...start + 1, audited: Self.audited)
                    try await rig.record(start...start + 1, of: .second, audited: Self.audited)
                }
                try await rig.unitOfWork(audited: Self.audited).commit(.sample()) {
                    try $0.append(Noted(number: 1), to: .init("article", UUID()), sequence: 1)
                }
                #expect(try await check(rig) == AuditTrailReport(checked: 20, firstBroken: nil))
            }
        }

        @Test(arguments: OutboxRig.databases, Tampering.all)
        func tamperingShowsWhereItHappened(database: DatabaseRig, tampering: Tampering) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                for number in 1...10 { try await rig.record([number], audited: Self.audited) }
                try await rig.database.transaction { transaction in
                    for statement in tampering.statements { try transaction.execute(statement) }
                }
                let broken = try await check(rig).firstBroken
                #expect(broken?.sequence == tampering.shows)
                #expect(broken?.aggregateID == EventEnvelope.Aggregate.first.id)
            }
        }

        @Test func streamBegunBeforeItWasAuditedIsCheckedFromThenOn() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                try await rig.record(1...3)
                try await rig.record(4...6, audited: Self.audited)
                #expect(try await check(rig) == AuditTrailReport(checked: 6, firstBroken: nil))
                try await rig.database.transaction {
                    _ = try $0.execute("DELETE FROM events WHERE sequence = 2")
                }
                #expect(try await check(rig).firstBroken?.sequence == 3)
            }
        }

        @Test func whatIsNotAuditedIsNotChecked() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                try await rig.record(1...3)
                let report = try await Outbox.checkAuditTrail(in: rig.database, audited: ["account"])
                #expect(report == AuditTrailReport(checked: 0, firstBroken: nil))
            }
        }
    }
}
