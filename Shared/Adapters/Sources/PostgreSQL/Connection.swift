import CPostgreSQL
import Contracts
import Glibc

/// A connection to the server. Its thread waits in it for the server, but no longer than a limit, and not
/// when nobody wants the answer any more.
// Safe: one thread at a time has it; it is handed over only whole.
final class Connection: @unchecked Sendable {
    let handle: OpaquePointer
    var statements = PreparedStatements()
    var parameters = ParameterBuffer()
    /// Whether it is of no use any more.
    var isBroken = false
    let limits: PostgreSQLConfiguration

    /// Opens one; takes as long as ``PostgreSQLConfiguration/connectLimit`` at most.
    /// - Throws: `PostgreSQLFailure`, or `CancellationError`.
    init(_ configuration: PostgreSQLConfiguration, for purpose: ConnectionPurpose, attention: Attention) throws
    {
        limits = configuration
        guard let handle = Self.start(configuration.parameters(for: purpose)) else {
            throw PostgreSQLFailure("There is no memory for another connection.")
        }
        self.handle = handle
        // By themselves they would go to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try finishOpening(by: .now + configuration.connectLimit, attention)
        PQsetnonblocking(handle, 1)
    }

    deinit {
        PQfinish(handle)
    }

    private static func start(_ parameters: [(keyword: String, value: String)]) -> OpaquePointer? {
        let keywords = parameters.map { UnsafePointer(strdup($0.keyword)) } + [nil]
        let values = parameters.map { UnsafePointer(strdup($0.value)) } + [nil]
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        return PQconnectStartParams(keywords, values, 1)
    }

    private func finishOpening(by deadline: ContinuousClock.Instant, _ attention: Attention) throws {
        guard PQstatus(handle) != CONNECTION_BAD else { throw failure }
        var status = PGRES_POLLING_WRITING
        while status != PGRES_POLLING_OK {
            guard status != PGRES_POLLING_FAILED else { throw failure }
            let event = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
            try attention.wait(for: PQsocket(handle), Int16(event), until: deadline)
            status = PQconnectPoll(handle)
        }
    }

    /// What libpq itself says went wrong.
    var failure: PostgreSQLFailure {
        let message = String(cString: PQerrorMessage(handle)).prefix { $0 != "\n" }
        return PostgreSQLFailure(limits.withoutSecrets(String(message)))
    }

    /// Whether the server has hung up while nobody listened.
    var isStillThere: Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        while !isBroken, poll(&descriptor, 1, 0) > 0 {
            // What it says unasked (a notice, its last words) is of no interest.
            isBroken = PQconsumeInput(handle) == 0 || PQstatus(handle) == CONNECTION_BAD
        }
        return !isBroken
    }
}

/// How a thread that waits for the server hears that nobody waits for it any more.
struct Attention: Sendable {
    let wake: WakeSignal
    /// Of the server, where its answers are what is waited for.
    var pulse: Pulse?
    var isWanted: @Sendable () -> Bool = { true }

    /// Waits until the socket has something to say.
    /// - Throws: ``PostgreSQLFailure/tookTooLong``, ``PostgreSQLFailure/serverHangs``, `CancellationError`.
    func wait(for socket: Int32, _ events: Int16, until deadline: ContinuousClock.Instant) throws {
        let start = ContinuousClock.now
        while true {
            guard isWanted() else { throw CancellationError() }
            var descriptors = (
                pollfd(fd: socket, events: events, revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
            )
            let remaining = max(0, (deadline - .now).milliseconds + 1)
            let timeout = pulse == nil ? remaining : min(remaining, Pulse.lookEvery.milliseconds)
            let ready = withUnsafeMutablePointer(to: &descriptors) { pointer in
                pointer.withMemoryRebound(to: pollfd.self, capacity: 2) {
                    poll($0, 2, Int32(clamping: timeout))
                }
            }
            if ready > 0, descriptors.1.revents != 0 { wake.lower() }
            let now = ContinuousClock.now
            if ready > 0, descriptors.0.revents != 0 {
                if descriptors.0.revents & Int16(POLLIN) != 0 { pulse?.heard(at: now) }
                return
            }
            if ready <= 0, deadline <= now { throw PostgreSQLFailure.tookTooLong }
            try pulse?.check(waitingSince: start, now)
        }
    }

    /// For what is to be done even though nobody waits for it.
    var undisturbed: Attention { Attention(wake: wake, pulse: pulse) }

    func pause(_ duration: Duration) throws {
        do {
            // poll ignores a descriptor below zero.
            try wait(for: -1, 0, until: .now + duration)
        } catch is PostgreSQLFailure {}
    }
}
