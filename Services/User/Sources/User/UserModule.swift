import Contracts

/// The User service: accounts, sign-in, sessions, tokens and the keys that sign them, roles.
public struct UserModule: Sendable {
    private let accounts: any AccountRepository
    private let setup: any SetupRepository
    private let sessions: any SessionRepository
    private let keys: any SigningKeyRepository
    private let passwordHasher: any PasswordHasher
    private let keyMaker: any SigningKeyMaker
    private let secrets: Secrets
    private let platform: Platform

    /// - Parameters:
    ///   - random: That many bytes from a cryptographically secure source.
    ///   - fingerprint: SHA-256 of the text in UTF-8.
    public init(
        platform: Platform, passwordHasher: any PasswordHasher, keyMaker: any SigningKeyMaker,
        random: @escaping @Sendable (Int) -> [UInt8], fingerprint: @escaping @Sendable (String) -> [UInt8]
    ) {
        let (database, unitOfWork) = (platform.database, platform.unitOfWork)
        self.init(
            accounts: SQLAccountRepository(database: database, unitOfWork: unitOfWork),
            setup: SQLSetupRepository(database: database, unitOfWork: unitOfWork),
            sessions: SQLSessionRepository(database: database),
            keys: SQLSigningKeyRepository(database: database),
            passwordHasher: passwordHasher, keyMaker: keyMaker,
            secrets: Secrets(random: random, digest: fingerprint), platform: platform)
    }

    init(
        accounts: any AccountRepository, setup: any SetupRepository, sessions: any SessionRepository,
        keys: any SigningKeyRepository, passwordHasher: any PasswordHasher, keyMaker: any SigningKeyMaker,
        secrets: Secrets, platform: Platform
    ) {
        self.accounts = accounts
        self.setup = setup
        self.sessions = sessions
        self.keys = keys
        self.passwordHasher = passwordHasher
        self.keyMaker = keyMaker
        self.secrets = secrets
        self.platform = platform
    }

    public static let migrations = [
        Migration(
            fileName: "0001_create_accounts",
            sqlite: PackageResources._001_create_accounts_sqlite_sql,
            postgres: PackageResources._001_create_accounts_postgres_sql),
        Migration(
            fileName: "0002_create_sessions",
            sqlite: PackageResources._002_create_sessions_sqlite_sql,
            postgres: PackageResources._002_create_sessions_postgres_sql),
        Migration(
            fileName: "0003_create_signing_keys",
            sqlite: PackageResources._003_create_signing_keys_sqlite_sql,
            postgres: PackageResources._003_create_signing_keys_postgres_sql),
    ]

    /// Makes the signing key and the first administrator where there are none. Called once at each start,
    /// after the migrations and before anything is served.
    /// - Returns: The invitation to print, when the administrator has yet to choose a password.
    /// - Throws: `.invalid` naming `password` when the configured one isn't good enough; `.conflict`, code
    ///   `user.email_taken`, when somebody who isn't an administrator has the configured address.
    public func prepare(administrator: FirstAdministrator) async throws -> SetupInvitation? {
        let firstStart = FirstStart(
            setup: setup, keys: keys, keyMaker: keyMaker, passwordHasher: passwordHasher, secrets: secrets,
            platform: platform)
        return try await firstStart(administrator: administrator)
    }

    public func register(on table: inout HandlerTable) {
        let tokens = TokenIssuer(
            sessions: sessions, keys: keys, keyMaker: keyMaker, secrets: secrets, platform: platform)

        table.handle(
            SignUp.self,
            with: SignUpHandler(
                accounts: accounts, passwordHasher: passwordHasher, platform: platform
            ).callAsFunction)
        table.handle(
            LogIn.self,
            with: LogInHandler(accounts: accounts, passwordHasher: passwordHasher, tokens: tokens)
                .callAsFunction)
        table.handle(
            RefreshTokens.self,
            with: RefreshTokensHandler(
                accounts: accounts, sessions: sessions, tokens: tokens, secrets: secrets, platform: platform
            ).callAsFunction)
        table.handle(LogOut.self, with: LogOutHandler(sessions: sessions, secrets: secrets).callAsFunction)
        table.handle(
            CompleteSetup.self,
            with: CompleteSetupHandler(
                setup: setup, passwordHasher: passwordHasher, tokens: tokens, secrets: secrets
            ).callAsFunction)
        table.handle(
            AdmitVisitor.self, with: AdmitVisitorHandler(tokens: tokens, platform: platform).callAsFunction)
        table.handle(ChangeRole.self, with: ChangeRoleHandler(accounts: accounts).callAsFunction)
        table.handle(AccountProfile.self, with: AccountProfileHandler(accounts: accounts).callAsFunction)
        table.handle(AccountList.self, with: AccountListHandler(accounts: accounts).callAsFunction)
        table.handle(SigningKeys.self, with: SigningKeysHandler(keys: keys, keyMaker: keyMaker).callAsFunction)
    }

    /// The service does nothing on its own: sessions that expired go when their account signs in again.
    public var jobs: [Job] { [] }
}

extension UserModule {
    /// Who administers a Frontdesk that has no administrator yet. From the configuration.
    public struct FirstAdministrator: Sendable {
        public let email: Email
        /// `nil`: chosen by following a link with the invitation's token.
        public let password: String?

        public init(email: Email, password: String?) {
            self.email = email
            self.password = password
        }
    }

    /// What ``CompleteSetup`` takes, to be printed for whoever started the program. Good for one use, and
    /// until the next start.
    public struct SetupInvitation: Sendable, Hashable {
        public let email: Email
        /// Secret: 43 characters, fit for a URL.
        public let token: String
    }
}
