import Contracts

/// Somebody who can sign in.
struct Account: Sendable {
    static let kind = "account"

    let id: AccountID
    private(set) var email: Email
    let name: DisplayName?
    private(set) var role: Role
    /// In PHC string format; `nil` for somebody who hasn't chosen a password yet.
    private(set) var passwordHash: String?
    let createdAt: Instant
    /// Of the latest event.
    private(set) var sequence: Int64
    /// What happened since it was loaded, oldest first; the last has the number ``sequence``.
    private(set) var events: [any Event] = []

    /// An account as it was stored.
    init(
        id: AccountID, email: Email, name: DisplayName?, role: Role, passwordHash: String?, createdAt: Instant,
        sequence: Int64
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.role = role
        self.passwordHash = passwordHash
        self.createdAt = createdAt
        self.sequence = sequence
    }

    /// Opens an account.
    static func open(
        _ id: AccountID, email: Email, name: DisplayName?, role: Role, passwordHash: String?,
        at instant: Instant
    ) -> Account {
        var account = Account(
            id: id, email: email, name: name, role: role, passwordHash: passwordHash, createdAt: instant,
            sequence: 0)
        account.record(AccountOpened(accountID: id, role: role))
        return account
    }

    /// - Parameters:
    ///   - administrator: Who decided it; `nil` for a service.
    ///   - administrators: How many there are.
    /// - Throws: `.invalid` for a role that no account has; `.conflict` for the last administrator.
    mutating func changeRole(
        to role: Role, by administrator: AccountID?, among administrators: Int
    ) throws(ServiceError) {
        guard role == .customer || role == .agent || role == .admin else {
            throw .invalid(field: "role", code: "invalid_choice", "Choose customer, agent or admin.")
        }
        guard role != self.role else { return }
        guard self.role != .admin || administrators > 1 else { throw .lastAdministrator }
        self.role = role
        record(RoleChanged(accountID: id, role: role, changedBy: administrator))
    }

    mutating func setPassword(hash: String) {
        passwordHash = hash
    }

    mutating func setEmail(_ email: Email) {
        self.email = email
    }

    /// Who this is, to the other services.
    var principal: Principal {
        Principal(id: id, role: role, name: name?.text, email: email)
    }

    var view: AccountView {
        AccountView(id: id, email: email, name: name?.text, role: role, createdAt: createdAt)
    }

    private mutating func record(_ event: any Event) {
        sequence += 1
        events.append(event)
    }
}

extension ServiceError {
    static let emailTaken = ServiceError(
        .conflict, code: "user.email_taken", "There is an account with this address. Sign in instead.",
        fields: [.init(field: "email", code: "taken", message: "There is an account with this address.")])

    static let lastAdministrator = ServiceError(
        .conflict, code: "user.last_administrator",
        "This is the last administrator. Make somebody else an administrator first.")

    static let accountNotFound = ServiceError(
        .notFound, code: "user.account_not_found", "There is no such account, or it isn't yours to see.")
}
