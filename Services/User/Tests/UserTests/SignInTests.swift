import Contracts
import ContractsTesting
import Testing

@testable import User

@Suite struct SignInTests {
    let user = UserService()

    init() async throws {
        _ = try await user.module.prepare(administrator: .init(email: .sample("boss"), password: goodPassword))
    }

    // MARK: - Signing up

    @Test func whoSignsUpIsACustomer() async throws {
        let view = try await user(SignUp(email: .sample(), password: goodPassword, name: " Ada "))
        #expect(view.role == .customer)
        #expect(view.name == "Ada")
        #expect(view.createdAt == user.clock.now())
        #expect(user.accounts.events(AccountOpened.self).map(\.accountID).contains(view.id))
    }

    @Test func takenAddressIsRefusedInAnySpelling() async throws {
        _ = try await user(SignUp.sample("ada"))
        let work = user.hasher.workDone
        #expect(await user.refusal(of: SignUp.sample("ADA")) == .emailTaken)
        #expect(user.hasher.workDone == work)
    }

    @Test func unfitPasswordOpensNoAccount() async throws {
        #expect(await user.refusal(of: SignUp.sample(password: "short"))?.code == "invalid_request")
        #expect(try await user.accounts.account(of: .sample()) == nil)
    }

    // MARK: - Logging in

    @Test func logInGrantsTokens() async throws {
        let view = try await user(SignUp.sample())
        let grant = try await user(LogIn(email: .sample("ADA"), password: goodPassword))
        #expect(grant.tokenType == "Bearer")
        #expect(grant.expiresIn == 900)
        #expect(grant.accessToken.hasSuffix("customer \(view.id) ada 2026-03-01T09:45:00.000000Z"))
        let refreshToken = try #require(grant.refreshToken)
        #expect(refreshToken.hasPrefix("fdr_"))
        #expect(refreshToken.utf8.count == 47)
    }

    @Test func knownAndUnknownAccountsGetTheSameAnswerForTheSameWork() async throws {
        _ = try await user(SignUp.sample())
        let start = user.hasher.workDone
        #expect(
            await user.refusal(of: LogIn(email: .sample(), password: "wrong password")) == .wrongCredentials)
        let known = user.hasher.workDone - start
        #expect(
            await user.refusal(of: LogIn(email: .sample("eve"), password: "wrong password"))
                == .wrongCredentials)
        #expect(user.hasher.workDone - start == 2 * known)
    }

    @Test func endlessPasswordIsNobodys() async throws {
        let password = String(repeating: "x", count: 100_000)
        let work = user.hasher.workDone
        #expect(await user.refusal(of: LogIn(email: .sample(), password: password)) == .wrongCredentials)
        #expect(user.hasher.workDone == work)
    }

    @Test func twentyFirstSessionEndsTheOldest() async throws {
        let view = try await user(SignUp.sample())
        var tokens: [String] = []
        for _ in 1...21 {
            tokens.append(try await logIn())
            user.clock.advance(by: .seconds(1))
        }
        #expect(user.sessions.sessions(of: view.id).count == 20)
        #expect(await user.refusal(of: RefreshTokens(refreshToken: tokens[0])) == .refreshTokenInvalid)
        #expect(await user.refusal(of: RefreshTokens(refreshToken: tokens[1])) == nil)
    }

    // MARK: - Refreshing

    @Test func refreshTokenIsExchangedForTheNext() async throws {
        _ = try await user(SignUp.sample())
        let first = try await logIn()
        let second = try await user(RefreshTokens(refreshToken: first)).refreshToken
        #expect(second != first)
        #expect(await user.refusal(of: RefreshTokens(refreshToken: try #require(second))) == nil)
    }

    @Test func tokenThatComesAgainEndsTheSessionForBoth() async throws {
        _ = try await user(SignUp.sample())
        let stolen = try await logIn()
        let other = try await logIn()
        let second = try #require(try await user(RefreshTokens(refreshToken: stolen)).refreshToken)
        let third = try #require(try await user(RefreshTokens(refreshToken: second)).refreshToken)
        // Two exchanges back: any of the session's tokens tells.
        #expect(await user.refusal(of: RefreshTokens(refreshToken: stolen)) == .refreshTokenReused)
        #expect(await user.refusal(of: RefreshTokens(refreshToken: third)) == .refreshTokenInvalid)
        #expect(await user.refusal(of: RefreshTokens(refreshToken: other)) == nil)
    }

    @Test func refreshTokenLastsThirtyDays() async throws {
        _ = try await user(SignUp.sample())
        let token = try await logIn()
        user.clock.advance(by: .seconds(30 * 86400))
        #expect(await user.refusal(of: RefreshTokens(refreshToken: token)) == .refreshTokenInvalid)
    }

    @Test(arguments: ["", "fdr_", "fdr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "\0"])
    func unknownRefreshTokenIsInvalid(token: String) async {
        #expect(await user.refusal(of: RefreshTokens(refreshToken: token)) == .refreshTokenInvalid)
    }

    @Test func manyExchangesOfOneTokenAtOnceLetOneThrough() async throws {
        _ = try await user(SignUp.sample())
        let token = try await logIn()
        let refusals = await withTaskGroup(of: ServiceError?.self) { group in
            for _ in 1...20 { group.addTask { await user.refusal(of: RefreshTokens(refreshToken: token)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(refusals.count { $0 == nil } == 1)
        #expect(refusals.count { $0 == .refreshTokenReused } == 1)
    }

    @Test func newRoleComesWithTheNextAccessToken() async throws {
        let view = try await user(SignUp.sample())
        let token = try await logIn()
        _ = try await user(ChangeRole(accountID: view.id, role: .agent), as: .sample(role: .admin))
        #expect(try await user(RefreshTokens(refreshToken: token)).accessToken.contains("agent \(view.id)"))
    }

    // MARK: - Logging out

    @Test func logOutEndsTheSession() async throws {
        _ = try await user(SignUp.sample())
        let token = try await logIn()
        _ = try await user(LogOut(refreshToken: token))
        #expect(await user.refusal(of: RefreshTokens(refreshToken: token)) == .refreshTokenInvalid)
        #expect(await user.refusal(of: LogOut(refreshToken: token)) == nil)
        #expect(await user.refusal(of: LogOut(refreshToken: "never one")) == nil)
    }

    // MARK: - Visitors

    @Test func visitorGetsATokenOfTheirOwnForThirtyDays() async throws {
        let first = try await user(AdmitVisitor(name: "Grace"))
        let second = try await user(AdmitVisitor(name: nil))
        #expect(first.expiresIn == 30 * 86400)
        #expect(first.refreshToken == nil)
        #expect(first.accessToken.hasSuffix("Grace 2026-03-31T09:30:00.000000Z"))
        #expect(first.accessToken.split(separator: " ")[2] != second.accessToken.split(separator: " ")[2])
        #expect(await user.refusal(of: AdmitVisitor(name: "a\nb"))?.fields.map(\.field) == ["name"])
    }

    private func logIn() async throws -> String {
        try #require(try await user(LogIn(email: .sample(), password: goodPassword)).refreshToken)
    }
}
