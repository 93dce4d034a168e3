/// The moment after which nobody waits for an answer any more, on this process's monotonic clock.
///
/// Between processes it travels as the time that is left, so their clocks need not agree.
public struct Deadline: Hashable, Sendable, Comparable {
    public let instant: ContinuousClock.Instant

    public init(_ instant: ContinuousClock.Instant) {
        self.instant = instant
    }

    public init(in timeout: Duration) {
        instant = ContinuousClock.now + timeout
    }

    /// Negative when it has passed.
    public var remaining: Duration { ContinuousClock.now.duration(to: instant) }

    public static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}

extension Deadline {
    /// The deadline that someone further up this task already keeps watch over.
    @TaskLocal private static var enforced: Deadline?

    /// Runs `operation` and cancels it when the deadline passes.
    ///
    /// Watching costs a task, so it is done once, at the edge: further in, with the same deadline or a later
    /// one, this only looks at the clock.
    /// - Parameter cancellable: Told, before the operation begins, how somebody else can cancel it too.
    /// - Throws: `.deadlineExceeded` when the deadline passed first and the operation failed for it, else
    ///   what `operation` throws.
    public static func enforce<Result: Sendable>(
        _ deadline: Deadline?, cancellable: ((_ cancel: @escaping @Sendable () -> Void) -> Void)? = nil,
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        if let deadline, deadline.instant <= .now { throw ServiceError.deadlineExceeded }
        let isNearest = deadline.map { deadline in enforced.map { deadline < $0 } ?? true } ?? false
        guard isNearest || cancellable != nil else { return try await operation() }

        let task = $enforced.withValue(isNearest ? deadline : enforced) {
            Task { try await operation() }
        }
        cancellable?({ task.cancel() })
        let watched = isNearest ? deadline.map { DeadlineWatch.shared.watch($0) { task.cancel() } } : nil
        let outcome = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        let hasPassed = watched.map { !DeadlineWatch.shared.release($0) } ?? false
        if hasPassed, case .failure = outcome { throw ServiceError.deadlineExceeded }
        return try outcome.get()
    }
}

extension ServiceError {
    public static let deadlineExceeded = ServiceError(
        .deadlineExceeded, code: "deadline_exceeded",
        "The answer took longer than the request allowed. It may still take effect; look before you repeat it."
    )
}
