import Synchronization

/// Cancels whatever has run past its deadline: one ticking timer for all, since a timer for each would cost
/// more than most of what they watch over. Late by a tick at most, and at rest when nothing is watched.
final class DeadlineWatch: Sendable {
    static let shared = DeadlineWatch()

    private let state = Mutex(State())

    private struct State {
        var watched: [Int: Watched] = [:]
        var nextNumber = 0
        var isTicking = false
    }

    private struct Watched {
        let deadline: Deadline
        let cancel: @Sendable () -> Void
    }

    private static let tick = Duration.milliseconds(10)

    /// - Returns: A number for ``release(_:)``.
    func watch(_ deadline: Deadline, cancel: @escaping @Sendable () -> Void) -> Int {
        let (number, startsTicking) = state.withLock { state -> (Int, Bool) in
            state.nextNumber += 1
            state.watched[state.nextNumber] = Watched(deadline: deadline, cancel: cancel)
            defer { state.isTicking = true }
            return (state.nextNumber, !state.isTicking)
        }
        if startsTicking { Task { await keepTicking() } }
        return number
    }

    /// - Returns: Whether it was still being watched: `false` when its deadline has passed.
    func release(_ number: Int) -> Bool {
        state.withLock { $0.watched.removeValue(forKey: number) != nil }
    }

    private func keepTicking() async {
        repeat {
            // Nothing cancels this task, so nothing is thrown.
            try? await ContinuousClock().sleep(for: Self.tick)
        } while cancelOverdue()
    }

    /// - Returns: Whether something is still being watched.
    private func cancelOverdue() -> Bool {
        let now = ContinuousClock.now
        let (overdue, goesOn) = state.withLock { state -> ([Watched], Bool) in
            let overdue = state.watched.filter { $0.value.deadline.instant <= now }
            for number in overdue.keys { state.watched[number] = nil }
            state.isTicking = !state.watched.isEmpty
            return (Array(overdue.values), state.isTicking)
        }
        for watched in overdue { watched.cancel() }
        return goesOn
    }
}
