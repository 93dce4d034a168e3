// What the User service answers to. Passwords travel in these messages and nowhere else.

/// Opens an account for a customer. Answers with the account; `.conflict` when the address has one.
public struct SignUp: Command {
    public static let name = "user.sign_up.v1"
    public typealias Response = AccountView
    public let email: Email
    /// 12 to 128 characters.
    public let password: String
    /// 1 to 100 characters.
    public let name: String?

    public init(email: Email, password: String, name: String?) {
        self.email = email
        self.password = password
        self.name = name
    }
}

/// Exchanges e-mail and password for tokens. `.unauthenticated`, code `auth.wrong_credentials`, in equal
/// time whether or not there is such an account.
public struct LogIn: Command {
    public static let name = "user.log_in.v1"
    public typealias Response = TokenGrant
    public let email: Email
    public let password: String

    public init(email: Email, password: String) {
        self.email = email
        self.password = password
    }
}

/// Exchanges a refresh token, once, for new tokens. A token that comes twice has been stolen from one of
/// the two: the session ends for both.
public struct RefreshTokens: Command {
    public static let name = "user.refresh_tokens.v1"
    public typealias Response = TokenGrant
    public let refreshToken: String

    public init(refreshToken: String) {
        self.refreshToken = refreshToken
    }
}

/// Ends the session of a refresh token. Done also when there is none: the outcome is the same.
public struct LogOut: Command {
    public static let name = "user.log_out.v1"
    public typealias Response = Done
    public let refreshToken: String

    public init(refreshToken: String) {
        self.refreshToken = refreshToken
    }
}

/// Sets the first administrator's password with the one-time token that the first start printed.
public struct CompleteSetup: Command {
    public static let name = "user.complete_setup.v1"
    public typealias Response = TokenGrant
    public let token: String
    public let password: String

    public init(token: String, password: String) {
        self.token = token
        self.password = password
    }
}

/// Makes a token for a visitor without an account: enough for conversations of their own.
public struct AdmitVisitor: Command {
    public static let name = "user.admit_visitor.v1"
    public typealias Response = TokenGrant
    public let name: String?

    public init(name: String?) {
        self.name = name
    }
}

/// Changes what an account may do. Takes effect with the account's next access token.
public struct ChangeRole: Command {
    public static let name = "user.change_role.v1"
    public typealias Response = AccountView
    public let accountID: AccountID
    /// `customer`, `agent` or `admin`.
    public let role: Role

    public init(accountID: AccountID, role: Role) {
        self.accountID = accountID
        self.role = role
    }
}

/// An account's profile: one's own, or with `manageAccounts` anyone's.
public struct AccountProfile: Query {
    public static let name = "user.account_profile.v1"
    public typealias Response = AccountView
    public let id: AccountID

    public init(id: AccountID) {
        self.id = id
    }
}

/// All accounts, newest first.
public struct AccountList: Query {
    public static let name = "user.account_list.v1"
    public typealias Response = Page<AccountView>
    public let page: PageRequest

    public init(page: PageRequest) {
        self.page = page
    }
}

/// The public keys that verify access tokens: a JWK set (RFC 7517, section 5), in JSON.
public struct SigningKeys: Query {
    public static let name = "user.signing_keys.v1"
    public struct Response: Codable, Sendable {
        public let jwks: String

        public init(jwks: String) {
            self.jwks = jwks
        }
    }

    public init() {}
}

public struct AccountView: Codable, Sendable, Hashable {
    public let id: AccountID
    public let email: Email
    public let name: String?
    public let role: Role
    public let createdAt: Instant

    public init(id: AccountID, email: Email, name: String?, role: Role, createdAt: Instant) {
        self.id = id
        self.email = email
        self.name = name
        self.role = role
        self.createdAt = createdAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, email, name, role
        case createdAt = "created_at"
    }
}

/// An access token (RFC 6750) and, for accounts, what renews it.
public struct TokenGrant: Codable, Sendable {
    public let accessToken: String
    public let tokenType: String
    /// Seconds.
    public let expiresIn: Int
    /// `nil` for a visitor, whose access token lasts.
    public let refreshToken: String?

    public init(accessToken: String, expiresIn: Int, refreshToken: String?) {
        self.accessToken = accessToken
        self.tokenType = "Bearer"
        self.expiresIn = expiresIn
        self.refreshToken = refreshToken
    }

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
    }
}

/// Somebody opened an account.
public struct AccountOpened: Event {
    public static let name = "user.account_opened.v1"
    public let accountID: AccountID
    public let role: Role

    public init(accountID: AccountID, role: Role) {
        self.accountID = accountID
        self.role = role
    }
}

/// An account may now do other things.
public struct RoleChanged: Event {
    public static let name = "user.role_changed.v1"
    public let accountID: AccountID
    public let role: Role
    public let changedBy: AccountID?

    public init(accountID: AccountID, role: Role, changedBy: AccountID?) {
        self.accountID = accountID
        self.role = role
        self.changedBy = changedBy
    }
}
