import Contracts
import Synchronization

/// Tells the runner of this process that a job was committed, so that it needn't wait for its next look.
final class JobBell: Sendable {
    private let state = Mutex((listeners: [Int: @Sendable () -> Void](), next: 0))

    func ring() {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener() }
    }

    /// - Returns: A number for ``stopListening(_:)``.
    func listen(_ listener: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.next += 1
            state.listeners[state.next] = listener
            return state.next
        }
    }

    func stopListening(_ number: Int) {
        state.withLock { $0.listeners[number] = nil }
    }
}

/// A database that rings after each commit that enqueued a job.
struct RingingDatabase: Database {
    let base: any Database
    let bell: JobBell

    var dialect: SQLDialect { base.dialect }

    func query(_ statement: SQL) async throws -> [SQLRow] { try await base.query(statement) }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result {
        try await base.read(body)
    }

    func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws {
        try await base.rows(statement, each: each)
    }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result {
        let (result, hasEnqueued) = try await base.transaction { transaction in
            let note = EnqueueNote()
            let result = try EnqueueNote.$current.withValue(note) { try body(transaction) }
            return (result, note.isMade)
        }
        if hasEnqueued { bell.ring() }
        return result
    }
}

/// Whether the body that runs just now has enqueued something. Reaches through whatever wraps the
/// transaction on its way, a unit of work for one.
final class EnqueueNote: Sendable {
    @TaskLocal static var current: EnqueueNote?

    private let made = Atomic(false)

    var isMade: Bool { made.load(ordering: .relaxed) }

    func make() { made.store(true, ordering: .relaxed) }
}
