import Contracts
import ContractsTesting
import FoundationEssentials
import Testing

@testable import User

@Suite struct SetupTests {
    let user = UserService()

    @Test func configuredAdministratorLogsInAtOnce() async throws {
        let invitation = try await prepare(password: goodPassword)
        #expect(invitation == nil)
        let grant = try await user(LogIn(email: .sample("boss"), password: goodPassword))
        #expect(grant.accessToken.contains(" admin "))
    }

    @Test func invitationIsGoodOnce() async throws {
        let invitation = try #require(try await prepare())
        #expect(invitation.token.utf8.count == 43)
        let complete = CompleteSetup(token: invitation.token, password: goodPassword)
        #expect(try await user(complete).accessToken.contains(" admin "))
        #expect(await user.refusal(of: complete) == .setupTokenInvalid)
        #expect(await user.refusal(of: LogIn(email: .sample("boss"), password: goodPassword)) == nil)
        #expect(try await prepare() == nil)
    }

    @Test func nextStartReplacesTheInvitation() async throws {
        let first = try #require(try await prepare())
        let second = try #require(try await prepare())
        #expect(first.token != second.token)
        #expect(await refusal(of: first.token) == .setupTokenInvalid)
        #expect(await refusal(of: second.token) == nil)
        #expect(user.accounts.events(AccountOpened.self).count == 1)
    }

    @Test func laterConfigurationReplacesTheInvitation() async throws {
        let invitation = try #require(try await prepare("admin"))
        #expect(try await prepare("boss", password: goodPassword) == nil)
        #expect(await refusal(of: invitation.token) == .setupTokenInvalid)
        #expect(await user.refusal(of: LogIn(email: .sample("boss"), password: goodPassword)) == nil)
        #expect(try await user.accounts.account(of: .sample("admin")) == nil)
    }

    @Test func administratorWhoHasComeKeepsTheirPassword() async throws {
        _ = try await prepare(password: goodPassword)
        #expect(try await prepare(password: "another good password") == nil)
        #expect(await user.refusal(of: LogIn(email: .sample("boss"), password: goodPassword)) == nil)
    }

    @Test func invitedAdministratorCannotLogInYet() async throws {
        _ = try await prepare()
        #expect(await user.refusal(of: LogIn(email: .sample("boss"), password: "")) == .wrongCredentials)
    }

    @Test func unfitPasswordLeavesTheInvitationGood() async throws {
        let invitation = try #require(try await prepare())
        let refused = CompleteSetup(token: invitation.token, password: "short")
        #expect(await user.refusal(of: refused)?.code == "invalid_request")
        #expect(await refusal(of: invitation.token) == nil)
    }

    @Test func unfitConfiguredPasswordIsAnError() async throws {
        await #expect(throws: ServiceError.self) { try await prepare(password: "short") }
        #expect(try await user.accounts.account(of: .sample("boss")) == nil)
    }

    @Test func startsAtTheSameTimeMakeOneAdministratorAndOneKey() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...10 { group.addTask { _ = try await prepare() } }
            try await group.waitForAll()
        }
        #expect(user.accounts.events(AccountOpened.self).count == 1)
        #expect(try await user.keys.all().count == 1)
    }

    @Test func wrongTokenCostsNoHashing() async throws {
        _ = try await prepare()
        #expect(await refusal(of: "wrong") == .setupTokenInvalid)
        #expect(user.hasher.workDone == 0)
    }

    @Test func publicKeysArePublished() async throws {
        _ = try await prepare()
        let response = try await user(SigningKeys())
        let set = try JSONDecoder().decode([String: [[String: String]]].self, from: Data(response.jwks.utf8))
        #expect(set == ["keys": [["kid": try await user.keys.all()[0].id]]])
    }

    @Test func unpreparedServiceGrantsNoTokens() async {
        #expect(await user.refusal(of: AdmitVisitor(name: nil)) == .notPrepared)
    }

    private func prepare(
        _ name: String = "boss", password: String? = nil
    ) async throws -> UserModule.SetupInvitation? {
        try await user.module.prepare(administrator: .init(email: .sample(name), password: password))
    }

    private func refusal(of token: String) async -> ServiceError? {
        await user.refusal(of: CompleteSetup(token: token, password: goodPassword))
    }
}

@Suite struct RoleTests {
    let user = UserService()
    let boss: Principal

    init() async throws {
        _ = try await user.module.prepare(administrator: .init(email: .sample("boss"), password: goodPassword))
        boss = try #require(try await user.accounts.account(of: .sample("boss"))).principal
    }

    @Test func administratorChangesARole() async throws {
        let ada = try await user(SignUp.sample())
        let changed = try await user(ChangeRole(accountID: ada.id, role: .agent), as: boss)
        #expect(changed.role == .agent)
        let events = user.accounts.events(RoleChanged.self)
        #expect(events.map(\.role) == [.agent])
        #expect(events.map(\.changedBy) == [boss.id])
    }

    @Test(arguments: [Role.anonymous, .customer, .agent])
    func othersChangeNoRoles(role: Role) async throws {
        let ada = try await user(SignUp.sample())
        let asker = Principal(id: role == .anonymous ? nil : ada.id, role: role)
        let error = await user.refusal(of: ChangeRole(accountID: ada.id, role: .admin), as: asker)
        #expect(error?.kind == (role == .anonymous ? .unauthenticated : .forbidden))
        #expect(await user.refusal(of: AccountList(page: try PageRequest()), as: asker)?.kind == error?.kind)
    }

    @Test func lastAdministratorCannotStepDown() async throws {
        let id = try #require(boss.id)
        #expect(await user.refusal(of: ChangeRole(accountID: id, role: .agent), as: boss) == .lastAdministrator)
        let ada = try await user(SignUp.sample())
        _ = try await user(ChangeRole(accountID: ada.id, role: .admin), as: boss)
        #expect(await user.refusal(of: ChangeRole(accountID: id, role: .agent), as: boss) == nil)
    }

    @Test func unknownAccountIsNotFound() async throws {
        let nobody = try #require(Principal.sample().id)
        #expect(
            await user.refusal(of: ChangeRole(accountID: nobody, role: .agent), as: boss) == .accountNotFound)
        #expect(await user.refusal(of: AccountProfile(id: nobody), as: boss) == .accountNotFound)
    }

    @Test func customerSeesOnlyThemselves() async throws {
        let ada = try await user(SignUp.sample("ada"))
        let eve = try await user(SignUp.sample("eve"))
        let asker = Principal(id: ada.id, role: .customer)
        #expect(try await user(AccountProfile(id: ada.id), as: asker) == ada)
        #expect(await user.refusal(of: AccountProfile(id: eve.id), as: asker) == .accountNotFound)
        #expect(await user.refusal(of: AccountProfile(id: eve.id))?.kind == .unauthenticated)
        #expect(try await user(AccountProfile(id: eve.id), as: boss) == eve)
    }

    @Test func listIsReadPageByPageNewestFirst() async throws {
        var expected = [try #require(boss.id)]
        for number in 1...6 {
            // Two at each instant: the identifier decides between them.
            if number.isMultiple(of: 2) { user.clock.advance(by: .seconds(1)) }
            expected.append(try await user(SignUp.sample("ada\(number)")).id)
        }
        var seen: [AccountID] = []
        var cursor: String?
        repeat {
            let page = try await user(AccountList(page: try PageRequest(limit: 3, cursor: cursor)), as: boss)
            #expect(page.data.count <= 3)
            seen += page.data.map(\.id)
            cursor = page.nextCursor
        } while cursor != nil
        #expect(seen == expected.reversed())
    }

    @Test func wholePageIsTheLastWhenNothingFollows() async throws {
        let page = try await user(AccountList(page: try PageRequest(limit: 1)), as: boss)
        #expect(page.data.count == 1)
        #expect(page.nextCursor == nil)
    }

    @Test func inventedCursorIsRefused() async throws {
        let page = try PageRequest(limit: 3, cursor: "page-2")
        #expect(await user.refusal(of: AccountList(page: page), as: boss) == .invalidCursor)
    }
}
