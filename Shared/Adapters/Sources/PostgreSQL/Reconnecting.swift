import Contracts
import Synchronization

/// Spaces attempts to reach a server that doesn't answer: after each failure somewhere between at once and
/// twice as long as before (full jitter), at most a second, so that it heals soon and isn't stormed.
final class Reconnecting: Sendable {
    private let state = Mutex(
        (failures: 0, notBefore: ContinuousClock.now, reason: PostgreSQLFailure.connectionLost))

    /// Calls `open`, unless it is too early for that.
    /// - Throws: What it throws, or what it threw the last time.
    func attempt<Opened>(_ open: () throws -> Opened) throws -> Opened {
        if let reason = reasonToWait { throw reason }
        do {
            let opened = try open()
            state.withLock { $0.failures = 0 }
            return opened
        } catch let failure as PostgreSQLFailure {
            failed(failure)
            throw failure
        }
    }

    /// Why the last attempt failed, while it is too early for another.
    var reasonToWait: PostgreSQLFailure? {
        state.withLock { $0.failures > 0 && ContinuousClock.now < $0.notBefore ? $0.reason : nil }
    }

    private func failed(_ reason: PostgreSQLFailure) {
        state.withLock { state in
            state.failures += 1
            state.reason = reason
            state.notBefore =
                .now + fullJitter(attempt: state.failures, first: .milliseconds(50), longest: .seconds(1))
        }
    }
}

/// A random time up to `first`, twice that after the second attempt, and so on up to `longest`.
func fullJitter(attempt: Int, first: Duration, longest: Duration) -> Duration {
    let longest = min(first * (1 << min(attempt - 1, 20)), longest)
    return longest * Double.random(in: 0..<1)
}
