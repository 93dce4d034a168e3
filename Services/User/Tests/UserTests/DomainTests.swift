import Contracts
import ContractsTesting
import Testing

@testable import User

@Suite struct PasswordTests {
    @Test(arguments: [
        "twelve chars", String(repeating: "長", count: 128), "with\0zero bytes", "            ",
        String(repeating: "🔑", count: 12),
    ])
    func anyCharactersMakeAPassword(text: String) throws {
        #expect(try Password(text, of: .sample()).text == text)
    }

    @Test(arguments: [
        ("", "too_short"), ("eleven char", "too_short"), (String(repeating: "🔑", count: 11), "too_short"),
        (String(repeating: "x", count: 129), "too_long"), (String(repeating: "x", count: 5000), "too_long"),
        // One character to the eye, 129 to the rule.
        ("e" + String(repeating: "\u{301}", count: 128), "too_long"),
        ("ada@example.com", "same_as_email"), ("ADA@Example.com", "same_as_email"),
    ])
    func unfitPasswordIsRefusedWithTheReason(text: String, code: String) {
        let error = #expect(throws: ServiceError.self) { try Password(text, of: .sample()) }
        #expect(error?.fields.map(\.field) == ["password"])
        #expect(error?.fields.map(\.code) == [code])
    }
}

@Suite struct DisplayNameTests {
    @Test(arguments: [("Ada", "Ada"), ("  Ada Lovelace\u{3000}\n", "Ada Lovelace"), ("李", "李")])
    func whiteSpaceAroundANameIsDropped(raw: String, name: String) throws {
        #expect(try DisplayName(raw).text == name)
    }

    @Test(arguments: [
        ("", "required"), (" \t ", "required"), (String(repeating: "x", count: 101), "too_long"),
        ("Ada\nLovelace", "invalid_character"), ("Ada\0", "invalid_character"),
        ("A\u{1B}[31m", "invalid_character"),
        ("A\u{2028}B", "invalid_character"),
    ])
    func unfitNameIsRefusedWithTheReason(raw: String, code: String) {
        let error = #expect(throws: ServiceError.self) { try DisplayName(raw) }
        #expect(error?.fields.map(\.code) == [code])
    }
}

@Suite struct AccountTests {
    @Test func openedAccountTellsOfItself() throws {
        let account = Account.sample()
        #expect(account.sequence == 1)
        #expect((account.events.first as? AccountOpened)?.role == .customer)
    }

    @Test func changedRoleIsTheNextEvent() throws {
        let boss = AccountID(CountingUUIDs().next())
        var account = Account.sample()
        try account.changeRole(to: .agent, by: boss, among: 1)
        #expect(account.role == .agent)
        #expect(account.sequence == 2)
        #expect((account.events.last as? RoleChanged)?.changedBy == boss)
    }

    @Test func sameRoleIsNoEvent() throws {
        var account = Account.sample(role: .admin)
        try account.changeRole(to: .admin, by: nil, among: 1)
        #expect(account.events.count == 1)
    }

    @Test func lastAdministratorStays() throws {
        var account = Account.sample(role: .admin)
        #expect(throws: ServiceError.lastAdministrator) {
            try account.changeRole(to: .agent, by: nil, among: 1)
        }
        try account.changeRole(to: .agent, by: nil, among: 2)
        #expect(account.role == .agent)
    }

    @Test(arguments: [Role.service, .anonymous])
    func someRolesAreNobodys(role: Role) {
        var account = Account.sample()
        #expect(throws: ServiceError.self) { try account.changeRole(to: role, by: nil, among: 2) }
    }
}

@Suite struct SessionTests {
    private let clock = TestClock()
    private let tokens = (1...3).map { Fingerprint(bytes: [$0]) }

    @Test func tokenIsGoodOnce() {
        var session = begin()
        #expect(renew(&session, 0, to: 1) == .renewed)
        #expect(session.rotation == 1)
        #expect(renew(&session, 0, to: 2) == .reused)
        #expect(session.isEnded)
    }

    @Test func thirtyDaysBeginAnewWithEachUse() {
        var session = begin()
        clock.advance(by: .seconds(29 * 86400))
        #expect(renew(&session, 0, to: 1) == .renewed)
        clock.advance(by: .seconds(29 * 86400))
        #expect(renew(&session, 1, to: 2) == .renewed)
        clock.advance(by: .seconds(30 * 86400))
        #expect(renew(&session, 2, to: 0) == .expired)
        #expect(session.isEnded)
    }

    private func begin() -> Session {
        .begin(
            SessionID(CountingUUIDs().next()), of: Account.sample().id, fingerprint: tokens[0], at: clock.now())
    }

    private func renew(_ session: inout Session, _ presented: Int, to next: Int) -> Session.Renewal {
        session.renew(presenting: tokens[presented], next: tokens[next], at: clock.now())
    }
}
