import Contracts

/// Hands out tokens: to whoever has proved who they are.
struct TokenIssuer: Sendable {
    /// Short: a role that was taken away may be used until then.
    static let accessTokenLifetimeSeconds = 900
    /// Visitors have nothing to renew it with.
    static let visitorTokenLifetimeSeconds = 30 * 86400

    let sessions: any SessionRepository
    let keys: any SigningKeyRepository
    let keyMaker: any SigningKeyMaker
    let secrets: Secrets
    let platform: Platform

    /// Begins a session.
    func openSession(for account: Account) async throws -> TokenGrant {
        let refreshToken = secrets.makeRefreshToken()
        let grant = try await grant(to: account, refreshToken: refreshToken)
        try await sessions.add(
            .begin(
                SessionID(platform.makeUUID()), of: account.id,
                fingerprint: secrets.fingerprint(of: refreshToken),
                at: platform.now()))
        return grant
    }

    /// The tokens of a session that exists.
    func grant(to account: Account, refreshToken: String) async throws -> TokenGrant {
        try await grant(
            to: account.principal, lifetimeSeconds: Self.accessTokenLifetimeSeconds, refreshToken: refreshToken)
    }

    func admit(_ visitor: Principal) async throws -> TokenGrant {
        try await grant(to: visitor, lifetimeSeconds: Self.visitorTokenLifetimeSeconds, refreshToken: nil)
    }

    private func grant(
        to principal: Principal, lifetimeSeconds: Int, refreshToken: String?
    ) async throws -> TokenGrant {
        guard let key = try await keys.all().first else { throw ServiceError.notPrepared }
        let now = platform.now()
        let accessToken = try await keyMaker.signer(privateKey: key.privateKey, keyID: key.id)
            .sign(principal, issuedAt: now, expiry: now + .seconds(lifetimeSeconds))
        return TokenGrant(accessToken: accessToken, expiresIn: lifetimeSeconds, refreshToken: refreshToken)
    }
}

extension ServiceError {
    static let notPrepared = ServiceError(
        .unavailable, code: "user.not_prepared", "Frontdesk is still starting. Try again in a second.",
        retryAfterSeconds: 1)
}
