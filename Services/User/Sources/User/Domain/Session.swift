import Contracts

typealias SessionID = Identifier<Session>

/// One sign-in on one device, carried on by refresh tokens that are good for one use each.
struct Session: Sendable, Hashable {
    /// Of a refresh token, and so of a session that isn't used.
    static let lifetime = Duration.seconds(30 * 86400)
    /// One account's; the oldest ends when another begins.
    static let maximumPerAccount = 20
    /// How many used tokens are remembered: more than thirty days of one every fifteen minutes. An older
    /// one is still refused, only it no longer ends the session.
    static let rememberedRotations: Int64 = 3000

    let id: SessionID
    let accountID: AccountID
    /// Of the one refresh token that is good.
    private(set) var fingerprint: Fingerprint
    /// How many refresh tokens came before.
    private(set) var rotation: Int64
    let createdAt: Instant
    private(set) var lastUsedAt: Instant
    private(set) var expiresAt: Instant
    private(set) var isEnded = false

    /// A session as it was stored.
    init(
        id: SessionID, accountID: AccountID, fingerprint: Fingerprint, rotation: Int64, createdAt: Instant,
        lastUsedAt: Instant, expiresAt: Instant
    ) {
        self.id = id
        self.accountID = accountID
        self.fingerprint = fingerprint
        self.rotation = rotation
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.expiresAt = expiresAt
    }

    static func begin(
        _ id: SessionID, of accountID: AccountID, fingerprint: Fingerprint, at instant: Instant
    ) -> Session {
        Session(
            id: id, accountID: accountID, fingerprint: fingerprint, rotation: 0, createdAt: instant,
            lastUsedAt: instant, expiresAt: instant + lifetime)
    }

    /// What came of presenting a refresh token.
    enum Renewal: Sendable, Hashable {
        /// The next token is the good one now.
        case renewed
        /// Too late: the session is over.
        case expired
        /// The token had been used before, so two have it and one stole it: the session is over for both.
        case reused
    }

    /// - Parameters:
    ///   - presented: Of a token that is or was this session's.
    ///   - next: Of the token to come after it.
    mutating func renew(presenting presented: Fingerprint, next: Fingerprint, at instant: Instant) -> Renewal {
        guard instant < expiresAt else {
            isEnded = true
            return .expired
        }
        guard presented == fingerprint else {
            isEnded = true
            return .reused
        }
        fingerprint = next
        rotation += 1
        lastUsedAt = instant
        expiresAt = instant + Session.lifetime
        return .renewed
    }

    mutating func end() {
        isEnded = true
    }
}

extension ServiceError {
    static let wrongCredentials = ServiceError(
        .unauthenticated, code: "auth.wrong_credentials", "The address or the password is wrong.")

    static let refreshTokenInvalid = ServiceError(
        .unauthenticated, code: "auth.refresh_token_invalid",
        "This refresh token is unknown or has expired. Sign in again.")

    static let refreshTokenReused = ServiceError(
        .unauthenticated, code: "auth.refresh_token_reused",
        "This refresh token was used before, so somebody else may have it. The session has ended; sign in again."
    )
}
