import Contracts
import Synchronization

/// A thread's own connection, opened when it is first needed and again when it was lost.
final class Session {
    let limits: PostgreSQLConfiguration
    let canceller: Canceller
    /// Of the job that the thread is at.
    var attention: Attention
    private let purpose: ConnectionPurpose
    private let reconnecting: Reconnecting
    private let whenChanged: (_ opened: Int) -> Void
    private var known: Connection? {
        didSet {
            let change = (known == nil ? 0 : 1) - (oldValue == nil ? 0 : 1)
            if change != 0 { whenChanged(change) }
        }
    }

    init(
        _ limits: PostgreSQLConfiguration, for purpose: ConnectionPurpose, _ reconnecting: Reconnecting,
        _ canceller: Canceller, _ attention: Attention, whenChanged: @escaping (_ opened: Int) -> Void
    ) {
        self.limits = limits
        self.purpose = purpose
        self.reconnecting = reconnecting
        self.canceller = canceller
        self.attention = attention
        self.whenChanged = whenChanged
    }

    /// A connection that the server hasn't hung up on.
    /// - Throws: `PostgreSQLFailure`, at once while the server hangs or it is too early for another attempt;
    ///   `CancellationError`.
    func connection() throws -> Connection {
        if attention.pulse?.isHung(.now) == true { throw PostgreSQLFailure.serverHangs }
        if let known, known.isStillThere { return known }
        known = nil
        let opened = try reconnecting.attempt { try Connection(limits, for: purpose, attention: attention) }
        known = opened
        return opened
    }

    /// Leaves the connection without a transaction, or gives it up.
    func rollBack() {
        guard let known, !known.isBroken else { return known = nil }
        do {
            try known.run(script: "ROLLBACK", within: .seconds(1), attention.undisturbed, canceller)
        } catch {
            self.known = nil
        }
    }

    /// Has the server forget what was prepared.
    func forgetStatements() {
        guard let known, !known.isBroken else { return }
        do {
            try known.run(script: "DEALLOCATE ALL", within: .seconds(1), attention.undisturbed, canceller)
            known.statements = PreparedStatements()
        } catch {
            self.known = nil
        }
    }
}
