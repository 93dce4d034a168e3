import Contracts

/// The accounts.
protocol AccountRepository: Sendable {
    /// - Throws: `.conflict`, code `user.email_taken`, when the address has an account.
    func add(_ account: Account, _ context: MessageContext) async throws
    func account(_ id: AccountID) async throws -> Account?
    func account(of email: Email) async throws -> Account?

    /// Changes an account. Nobody else changes anybody's role meanwhile.
    /// - Parameter verb: Is told how many administrators there are.
    /// - Throws: `.notFound`, code `user.account_not_found`; what `verb` throws.
    func change<Result: Sendable>(
        _ id: AccountID, _ context: MessageContext,
        _ verb: @escaping @Sendable (inout Account, _ administrators: Int) throws -> Result
    ) async throws -> Result

    /// - Returns: The next `count` of all accounts, newest first.
    func newest(_ count: Int, after last: PagePosition?) async throws -> [AccountView]
}

/// The one ``Setup``.
protocol SetupRepository: Sendable {
    func setup() async throws -> Setup

    /// Carries the setup on; several processes that start together take turns.
    /// - Throws: `.conflict`, code `user.email_taken`, when a new administrator's address has an account.
    func change<Result: Sendable>(
        _ context: MessageContext, _ verb: @escaping @Sendable (inout Setup) throws -> Result
    ) async throws -> Result
}

/// The sessions that haven't ended.
protocol SessionRepository: Sendable {
    /// Adds a session. The account's oldest end where it has more than ``Session/maximumPerAccount``.
    func add(_ session: Session) async throws

    /// Changes the session whose refresh token this is, or was. Nobody else changes it meanwhile.
    /// - Returns: `nil` when there is none.
    func change<Result: Sendable>(
        holding fingerprint: Fingerprint, _ verb: @escaping @Sendable (inout Session) throws -> Result
    ) async throws -> Result?
}

/// The keys that access tokens are signed with.
protocol SigningKeyRepository: Sendable {
    /// Adds the first key, unless there is one.
    func addFirst(_ key: SigningKey) async throws
    /// The newest signs; newest first.
    func all() async throws -> [SigningKey]
}

/// A private key. Never in a message, never in a log.
struct SigningKey: Sendable, Hashable {
    /// The `kid` in the tokens' header.
    let id: String
    let privateKey: String
    let createdAt: Instant
}
