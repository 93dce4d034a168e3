import Contracts

/// The way from an empty database to an administrator who can sign in.
struct Setup: Sendable {
    enum Stage: Sendable {
        /// There is no administrator.
        case empty
        /// There is one without a password, and an invitation to choose it, good for one use.
        case invited(Account, Fingerprint)
        case complete
    }

    private(set) var stage: Stage
    /// The administrator, as far as a verb made or changed them.
    private(set) var changed: Account?

    init(stage: Stage) {
        self.stage = stage
    }

    var isComplete: Bool {
        if case .complete = stage { true } else { false }
    }

    /// Makes `newcomer` the administrator unless there is one. Whoever is invited and hasn't come takes
    /// over the newcomer's address and password: the configuration has changed since.
    mutating func appoint(_ newcomer: Account, passwordHash: String) {
        guard var account = administrator(or: newcomer) else { return }
        account.setPassword(hash: passwordHash)
        stage = .complete
        changed = account
    }

    /// Invites `newcomer` to become the administrator unless there is one who has come. An earlier
    /// invitation is good no more.
    /// - Returns: Whether somebody was invited.
    mutating func invite(_ newcomer: Account, fingerprint: Fingerprint) -> Bool {
        guard let account = administrator(or: newcomer) else { return false }
        stage = .invited(account, fingerprint)
        changed = account
        return true
    }

    /// Whoever holds the invitation.
    /// - Throws: `.unauthenticated` when it isn't the current one.
    func invitee(presenting presented: Fingerprint) throws(ServiceError) -> Account {
        guard case .invited(let account, presented) = stage else { throw .setupTokenInvalid }
        return account
    }

    /// Uses the invitation up.
    /// - Throws: As ``invitee(presenting:)``.
    mutating func accept(presenting presented: Fingerprint, passwordHash: String) throws(ServiceError)
        -> Account
    {
        var account = try invitee(presenting: presented)
        account.setPassword(hash: passwordHash)
        stage = .complete
        changed = account
        return account
    }

    private func administrator(or newcomer: Account) -> Account? {
        switch stage {
        case .empty: return newcomer
        case .invited(var account, _):
            account.setEmail(newcomer.email)
            return account
        case .complete: return nil
        }
    }
}

extension ServiceError {
    static let setupTokenInvalid = ServiceError(
        .unauthenticated, code: "auth.setup_token_invalid",
        "This set-up link was used, or a newer one has been printed. Use the one of the latest start.")
}
