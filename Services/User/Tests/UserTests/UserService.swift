import Contracts
import ContractsTesting
import FoundationEssentials
import Logging
import Synchronization

@testable import User

/// The User service over repositories in memory, spoken to as the others do: through its handler table.
struct UserService {
    let clock = TestClock()
    let accounts = InMemoryAccounts()
    let sessions = InMemorySessions()
    let keys = InMemorySigningKeys()
    let hasher = ReversingHasher()
    let module: UserModule
    private let table: HandlerTable

    init() {
        let ids = CountingUUIDs()
        let counter = Mutex<UInt8>(0)
        let unused = UnusedDatabase()
        module = UserModule(
            accounts: accounts, setup: accounts, sessions: sessions, keys: keys, passwordHasher: hasher,
            keyMaker: ReadableKeyMaker(),
            secrets: Secrets(
                random: { count in
                    let number = counter.withLock { number in
                        number += 1
                        return number
                    }
                    return [UInt8](repeating: number, count: count)
                },
                digest: { Array("digest of \($0)".utf8) }),
            platform: Platform(
                bus: ScriptedBus(), database: unused, unitOfWork: unused, now: clock.now, makeUUID: ids.next,
                logger: Logger(label: "test")))
        var table = HandlerTable(service: .user)
        module.register(on: &table)
        self.table = table
    }

    func callAsFunction<R: Request>(
        _ request: R, as principal: Principal = .anonymous
    ) async throws -> R.Response {
        let handler = table.requests[R.name] as! RequestHandler<R>
        return try await handler.run(request, .sample(principal))
    }

    /// The error that `request` is answered with; `nil` for none.
    func refusal<R: Request>(of request: R, as principal: Principal = .anonymous) async -> ServiceError? {
        do {
            _ = try await self(request, as: principal)
            return nil
        } catch {
            return ServiceError(describing: error)
        }
    }
}

extension Email {
    static func sample(_ name: String = "ada") -> Email {
        guard let email = try? Email("\(name)@example.com") else {
            preconditionFailure("\(name) is no address")
        }
        return email
    }
}

extension SignUp {
    static func sample(_ name: String = "ada", password: String = goodPassword) -> SignUp {
        SignUp(email: .sample(name), password: password, name: name)
    }
}

extension Account {
    static func sample(role: Role = .customer) -> Account {
        .open(
            AccountID(CountingUUIDs().next()), email: .sample(), name: nil, role: role, passwordHash: nil,
            at: TestClock().now())
    }
}

let goodPassword = "correct horse battery staple"

/// Hashes by writing backwards; counts its work.
final class ReversingHasher: PasswordHasher {
    private let work = Mutex(0)

    var workDone: Int { work.withLock { $0 } }

    func hash(_ password: String) async throws -> String {
        work.withLock { $0 += 1 }
        return String(password.reversed())
    }

    func verify(_ password: String, against hash: String?) async throws -> Bool {
        work.withLock { $0 += 1 }
        return hash == String(password.reversed())
    }
}

/// Tokens that a test can read: `key role id expiry`.
struct ReadableKeyMaker: SigningKeyMaker {
    func makePrivateKey() -> String { "private" }

    func signer(privateKey: String, keyID: String) throws -> any AccessTokenSigner { Signer(keyID: keyID) }

    func publicJWK(privateKey: String, keyID: String) throws -> String { "{\"kid\":\"\(keyID)\"}" }

    private struct Signer: AccessTokenSigner {
        let keyID: String

        func sign(_ principal: Principal, issuedAt: Instant, expiry: Instant) async throws -> String {
            "\(keyID) \(principal.role) \(principal.id!) \(principal.name ?? "-") \(expiry)"
        }
    }
}

/// Stands where the service over repositories in memory needs no database.
struct UnusedDatabase: Database, UnitOfWork {
    var dialect: SQLDialect { .sqlite }

    func query(_ statement: SQL) async throws -> [SQLRow] { throw DatabaseError.unavailable("unused") }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result { throw DatabaseError.unavailable("unused") }

    func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws {
        throw DatabaseError.unavailable("unused")
    }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result { throw DatabaseError.unavailable("unused") }

    func commit<Result: Sendable>(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result { throw DatabaseError.unavailable("unused") }

    func react(
        to envelope: EventEnvelope, _ context: MessageContext,
        _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws { throw DatabaseError.unavailable("unused") }

    func startOver(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws { throw DatabaseError.unavailable("unused") }

    func history(
        of aggregate: EventEnvelope.Aggregate, after sequence: Int64, limit: Int
    ) async throws -> [EventEnvelope] { [] }
}
