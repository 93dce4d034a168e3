import Contracts
import FoundationEssentials
import Synchronization

/// Recognises Frontdesk's access tokens: JWTs, signed with ES256 by a key of the User service.
///
/// Keys are fetched when the first token comes, and again when one names a key that isn't known: a new key
/// works at once. However many such tokens come, keys are fetched by one caller at a time and at most
/// every 30 s, or a second after it failed.
public final class JWTVerifier: AccessTokenVerifier {
    /// Longer ones aren't looked at. Ours are shorter than 1,500 bytes.
    static let maximumTokenBytes = 4096
    private static let refetchInterval = Duration.seconds(30)
    private static let retryInterval = Duration.seconds(1)

    private let realm: TokenRealm
    private let now: @Sendable () -> Instant
    private let fetchKeys: @Sendable () async throws -> String
    private let verified: Mutex<VerifiedTokens>
    private let keyring = Mutex(Keyring())

    /// - Parameters:
    ///   - capacity: How many verified tokens are remembered.
    ///   - now: The wall clock.
    ///   - fetchKeys: Answers with the JWK set in JSON; has its own time limit.
    public init(
        realm: TokenRealm = TokenRealm(), capacity: Int = 10_000, now: @escaping @Sendable () -> Instant,
        fetchKeys: @escaping @Sendable () async throws -> String
    ) {
        self.realm = realm
        self.now = now
        self.fetchKeys = fetchKeys
        verified = Mutex(VerifiedTokens(capacity: capacity))
    }

    /// - Throws: `.unauthenticated` as the port says; `.unavailable` with code `auth.keys_unavailable` when
    ///   it takes a key that can't be had right now.
    public func verify(_ token: String) async throws -> (principal: Principal, expiry: Instant) {
        if let known = verified.withLock({ $0.entry(for: token) }) {
            guard now() < known.expiry else { throw ServiceError.tokenExpired }
            return (known.principal, known.expiry)
        }
        guard token.utf8.count <= Self.maximumTokenBytes, let jws = CompactJWS(token) else {
            throw ServiceError.tokenInvalid
        }
        guard try await keys(with: jws.kid).verifies(jws),
            let claims = try? JSONDecoder().decode(AccessTokenClaims.self, from: jws.payload),
            let principal = claims.principal(in: realm)
        else { throw ServiceError.tokenInvalid }
        guard now() < claims.expiry else { throw ServiceError.tokenExpired }
        let entry = VerifiedTokens.Entry(principal: principal, expiry: claims.expiry)
        verified.withLock { $0.insert(entry, for: token) }
        return (principal, claims.expiry)
    }

    var rememberedTokens: Int { verified.withLock { $0.count } }

    // MARK: - Keys

    private struct Keyring {
        var keys = KeySet.empty
        /// No fetching before this.
        var nextFetch: Instant?
        var lastFetchFailed = false
        /// Those who wait for the one who fetches; `nil` when nobody does.
        var waiting: [CheckedContinuation<Void, Never>]?
    }

    private enum Step {
        case use(KeySet)
        case fetch
        case refuse
        case wait
    }

    /// The keys, fetched anew if `kid` isn't among them and it is time.
    private func keys(with kid: String) async throws -> KeySet {
        while true {
            switch keyring.withLock({ step(toward: kid, &$0) }) {
            case .use(let keys): return keys
            case .refuse: throw ServiceError.keysUnavailable
            case .fetch: try await fetch()
            case .wait: await waitForFetch()
            }
        }
    }

    private func step(toward kid: String, _ keyring: inout Keyring) -> Step {
        if keyring.keys.contains(kid) { return .use(keyring.keys) }
        if keyring.waiting != nil { return .wait }
        if let nextFetch = keyring.nextFetch, now() < nextFetch {
            return keyring.lastFetchFailed ? .refuse : .use(keyring.keys)
        }
        keyring.waiting = []
        return .fetch
    }

    /// Fetches in the caller's own task, under the caller's deadline. When that is cancelled, the next of
    /// those who wait takes over.
    private func fetch() async throws {
        do {
            let keys = try await KeySet(json: fetchKeys())
            let revoked = finish { keyring in
                defer { keyring.keys = keys }
                keyring.nextFetch = now() + Self.refetchInterval
                keyring.lastFetchFailed = false
                return !keys.includes(keyring.keys)
            }
            // A key was withdrawn, and with it every token it signed.
            if revoked { verified.withLock { $0.removeAll() } }
        } catch  where Task.isCancelled {
            finish { _ in }
            throw CancellationError()
        } catch {
            finish { keyring in
                keyring.nextFetch = now() + Self.retryInterval
                keyring.lastFetchFailed = true
            }
        }
    }

    private func waitForFetch() async {
        await withCheckedContinuation { continuation in
            let isOver = keyring.withLock { keyring in
                keyring.waiting?.append(continuation)
                return keyring.waiting == nil
            }
            if isOver { continuation.resume() }
        }
    }

    private func finish<Result: Sendable>(_ change: (inout Keyring) -> Result) -> Result {
        let (result, waiting) = keyring.withLock { keyring in
            let result = change(&keyring)
            let waiting = keyring.waiting ?? []
            keyring.waiting = nil
            return (result, waiting)
        }
        for continuation in waiting { continuation.resume() }
        return result
    }
}

extension ServiceError {
    static let tokenExpired = ServiceError(
        .unauthenticated, code: "auth.token_expired",
        "The access token has expired. Exchange the refresh token for a new one, or sign in again.")

    static let tokenInvalid = ServiceError(
        .unauthenticated, code: "auth.token_invalid", "The access token isn't valid here. Sign in again.")

    static let keysUnavailable = ServiceError(
        .unavailable, code: "auth.keys_unavailable",
        "Access tokens can't be checked at the moment. Try again in a second.", retryAfterSeconds: 1)
}
