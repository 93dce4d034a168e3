import Contracts
import Synchronization

@testable import User

/// Accounts and setup in memory. One lock stands for the transactions.
final class InMemoryAccounts: AccountRepository, SetupRepository {
    private struct State {
        var accounts: [AccountID: Account] = [:]
        var invitation: (AccountID, Fingerprint)?
        var events: [any Event] = []
    }
    private let state = Mutex(State())

    func events<E: Event>(_: E.Type) -> [E] { state.withLock { $0.events.compactMap { $0 as? E } } }

    func add(_ account: Account, _ context: MessageContext) async throws {
        try state.withLock { try Self.save(account, &$0) }
    }

    func account(_ id: AccountID) async throws -> Account? { state.withLock { $0.accounts[id] } }

    func account(of email: Email) async throws -> Account? {
        state.withLock { $0.accounts.values.first { $0.email.comparisonKey == email.comparisonKey } }
    }

    func change<Result: Sendable>(
        _ id: AccountID, _ context: MessageContext,
        _ verb: @escaping @Sendable (inout Account, _ administrators: Int) throws -> Result
    ) async throws -> Result {
        try state.withLock { state in
            guard var account = state.accounts[id] else { throw ServiceError.accountNotFound }
            let result = try verb(&account, state.accounts.values.count { $0.role == .admin })
            try Self.save(account, &state)
            return result
        }
    }

    func newest(_ count: Int, after last: PagePosition?) async throws -> [AccountView] {
        state.withLock { state in
            let views = state.accounts.values.map(\.view).sorted {
                ($0.createdAt, $0.id) > ($1.createdAt, $1.id)
            }
            let rest = views.drop { view in
                last.map { (view.createdAt, view.id.rawValue) >= ($0.instant, $0.id) } ?? false
            }
            return Array(rest.prefix(count))
        }
    }

    func setup() async throws -> Setup { state.withLock { Setup(stage: Self.stage($0)) } }

    func change<Result: Sendable>(
        _ context: MessageContext, _ verb: @escaping @Sendable (inout Setup) throws -> Result
    ) async throws -> Result {
        try state.withLock { state in
            var setup = Setup(stage: Self.stage(state))
            let result = try verb(&setup)
            if let account = setup.changed { try Self.save(account, &state) }
            if case .invited(let account, let fingerprint) = setup.stage {
                state.invitation = (account.id, fingerprint)
            } else {
                state.invitation = nil
            }
            return result
        }
    }

    private static func stage(_ state: State) -> Setup.Stage {
        if let (id, fingerprint) = state.invitation, let account = state.accounts[id] {
            return .invited(account, fingerprint)
        }
        return state.accounts.values.contains { $0.role == .admin } ? .complete : .empty
    }

    private static func save(_ account: Account, _ state: inout State) throws {
        let isTaken = state.accounts.values.contains {
            $0.id != account.id && $0.email.comparisonKey == account.email.comparisonKey
        }
        if isTaken { throw ServiceError.emailTaken }
        state.events += account.events
        state.accounts[account.id] = Account(
            id: account.id, email: account.email, name: account.name, role: account.role,
            passwordHash: account.passwordHash, createdAt: account.createdAt, sequence: account.sequence)
    }
}

final class InMemorySessions: SessionRepository {
    private struct State {
        var sessions: [SessionID: Session] = [:]
        var tokens: [Fingerprint: SessionID] = [:]
    }
    private let state = Mutex(State())

    func sessions(of account: AccountID) -> [Session] {
        state.withLock { state in state.sessions.values.filter { $0.accountID == account } }
    }

    func add(_ session: Session) async throws {
        state.withLock { state in
            state.sessions[session.id] = session
            state.tokens[session.fingerprint] = session.id
            let all = state.sessions.values.filter { $0.accountID == session.accountID }
                .sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
            for oldest in all.dropFirst(Session.maximumPerAccount) { state.sessions[oldest.id] = nil }
        }
    }

    func change<Result: Sendable>(
        holding fingerprint: Fingerprint, _ verb: @escaping @Sendable (inout Session) throws -> Result
    ) async throws -> Result? {
        try state.withLock { state in
            guard let id = state.tokens[fingerprint], var session = state.sessions[id] else { return nil }
            let result = try verb(&session)
            state.sessions[id] = session.isEnded ? nil : session
            state.tokens[session.fingerprint] = id
            return result
        }
    }
}

final class InMemorySigningKeys: SigningKeyRepository {
    private let keys = Mutex<[SigningKey]>([])

    func addFirst(_ key: SigningKey) async throws {
        keys.withLock { if $0.isEmpty { $0 = [key] } }
    }

    func all() async throws -> [SigningKey] { keys.withLock { $0 } }
}
