import CPostgreSQL
import Contracts
import Glibc

/// The thread of the ``SharedConnections``: sends what waits, takes what arrives, and opens connections when
/// they are needed. It also watches over the time of those who wait elsewhere.
final class SharedConnectionsThread {
    private let shared: SharedConnections
    private let limits: PostgreSQLConfiguration
    private let reconnecting: Reconnecting
    private let canceller: Canceller
    private let pulse: Pulse
    /// Tells those elsewhere who have waited too long; whether anybody still waits.
    private let expireOthers: () -> Bool
    private let poller = epoll_create1(Int32(EPOLL_CLOEXEC))

    private var connections: [PipelinedConnection] = []
    private var waiting = Queue<SharedQuery>()
    private var again: [SharedQuery] = []
    private var isOpening = false
    private var othersWait = false
    private var longestWait = Duration.zero
    private var nextLook = ContinuousClock.now

    /// So many on their way keep one connection busy.
    private static let enough = 16
    /// More may not be: a slow one holds up those behind it.
    private static let maximumUnanswered = 32
    private static let lookEvery = Duration.milliseconds(100)

    init(
        _ shared: SharedConnections, _ limits: PostgreSQLConfiguration, _ reconnecting: Reconnecting,
        _ canceller: Canceller, _ pulse: Pulse, expireOthers: @escaping () -> Bool
    ) {
        self.shared = shared
        self.limits = limits
        self.reconnecting = reconnecting
        self.canceller = canceller
        self.pulse = pulse
        self.expireOthers = expireOthers
        watch(shared.wake.descriptor, EPOLL_CTL_ADD, EPOLLIN.rawValue)
    }

    deinit {
        close(poller)
    }

    /// Returns when the connections are closed and nobody waits any more.
    func work() {
        var brought = SharedConnections.Brought()
        while true {
            shared.take(&brought, metrics)
            longestWait = .zero
            for opened in brought.opened { adopt(opened) }
            for query in brought.queries { waiting.append(query) }
            let now = ContinuousClock.now
            dispatch(now)
            if brought.isDisturbed || now >= nextLook { lookAround(now) }
            let isBusy =
                othersWait || !waiting.isEmpty || !again.isEmpty || connections.contains { $0.unanswered > 0 }
            if brought.isClosed, !isBusy { return }
            let mayRest = shared.mayRest() && again.isEmpty
            sleep(milliseconds: !mayRest ? 0 : isBusy ? Self.lookEvery.milliseconds : -1)
        }
    }

    // MARK: - Sending

    private func dispatch(_ now: ContinuousClock.Instant) {
        for query in again.reversed() { waiting.prepend(query) }
        again.removeAll()
        // What it owes is looked after with the rest (``lookAround(_:)``).
        if !waiting.isEmpty, pulse.isHung(now) { failWaiting(.serverHangs) }
        while !waiting.isEmpty, let connection = connection(at: now), let query = waiting.popFirst() {
            guard !query.reply.isEnded else { continue }
            longestWait = max(longestWait, now - query.askedAt)
            do {
                try connection.send(query, now: now)
            } catch {
                repeatOrEnd(query, error)
                lose(connection, error)
            }
        }
        for connection in connections { flush(connection) }
        openIfNeeded(now)
    }

    /// The first that isn't busy enough: what travels together wakes the server, and this thread, once. The
    /// next ones help when that one is full, or its server is at something long.
    private func connection(at now: ContinuousClock.Instant) -> PipelinedConnection? {
        connections.first { $0.unanswered < Self.enough && !$0.isSlow(now) }
            ?? connections.lazy.filter { $0.unanswered < Self.maximumUnanswered }.min {
                $0.unanswered < $1.unanswered
            }
    }

    private func flush(_ connection: PipelinedConnection) {
        do {
            let isEverythingSent = try connection.flush()
            guard isEverythingSent == connection.awaitsRoom else { return }
            connection.awaitsRoom = !isEverythingSent
            let events = isEverythingSent ? EPOLLIN.rawValue : EPOLLIN.rawValue | EPOLLOUT.rawValue
            watch(connection.socket, EPOLL_CTL_MOD, events)
        } catch {
            lose(connection, error)
        }
    }

    // MARK: - Receiving

    private func sleep(milliseconds: Int64) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 16) { events in
            let count = epoll_wait(poller, events.baseAddress!, 16, Int32(milliseconds))
            let now = ContinuousClock.now
            for index in 0..<max(0, Int(count)) {
                let descriptor = events[index].data.fd
                if descriptor == shared.wake.descriptor {
                    shared.wake.lower()
                } else if let connection = connections.first(where: { $0.socket == descriptor }) {
                    do throws(PostgreSQLFailure) {
                        try connection.receive(now: now, again: &again)
                        if events[index].events & EPOLLIN.rawValue != 0 { pulse.heard(at: now) }
                    } catch {
                        lose(connection, error)
                    }
                }
            }
        }
    }

    // MARK: - Coming and going

    private func openIfNeeded(_ now: ContinuousClock.Instant) {
        guard !isOpening, connections.count < max(1, limits.sharedConnections),
            connections.isEmpty
                ? !waiting.isEmpty : connections.allSatisfy({ $0.unanswered >= Self.enough || $0.isSlow(now) })
        else { return }
        if let reason = reconnecting.reasonToWait {
            if connections.isEmpty { failWaiting(reason) }
            return
        }
        isOpening = true
        // On a thread of its own: the look-up of the server's name can take its time.
        startThread("pg-connect") { [shared, limits, reconnecting, pulse] in
            let attention = Attention(wake: WakeSignal(), pulse: pulse)
            do {
                let connection = try reconnecting.attempt {
                    try Connection(limits, for: .shared, attention: attention)
                }
                shared.bring(.success(connection))
            } catch {
                shared.bring(.failure(error as? PostgreSQLFailure ?? .connectionLost))
            }
        }
    }

    private func adopt(_ opened: Result<Connection, PostgreSQLFailure>) {
        isOpening = false
        switch opened {
        case .success(let connection):
            guard let connection = PipelinedConnection(connection) else { return }
            watch(connection.socket, EPOLL_CTL_ADD, EPOLLIN.rawValue)
            connections.append(connection)
        case .failure(let failure):
            if connections.isEmpty { failWaiting(failure) }
        }
    }

    private func lose(_ connection: PipelinedConnection, _ failure: PostgreSQLFailure) {
        watch(connection.socket, EPOLL_CTL_DEL, 0)
        connections.removeAll { $0 === connection }
        for query in connection.abandon() { repeatOrEnd(query, failure) }
    }

    /// They only read, so they may be asked again; but not what the server hangs at.
    private func repeatOrEnd(_ query: SharedQuery, _ failure: PostgreSQLFailure) {
        if query.mayBeSentAgain, !failure.isTimeout {
            again.append(query)
        } else {
            query.reply.end(.failure(failure.databaseError))
        }
    }

    private func failWaiting(_ failure: PostgreSQLFailure) {
        for query in waiting.removeAll() + again { query.reply.end(.failure(failure.databaseError)) }
        again.removeAll()
    }

    private func lookAround(_ now: ContinuousClock.Instant) {
        nextLook = now + Self.lookEvery
        othersWait = expireOthers()
        while let query = waiting.first, query.reply.isEnded || now - query.askedAt > limits.waitingLimit {
            waiting.removeFirst()
            query.reply.end(
                .failure(DatabaseError.unavailable("The database didn't take the question in time.")))
        }
        for connection in connections {
            do {
                try connection.look(canceller, pulse, shared.wake, now: now)
            } catch {
                lose(connection, error)
            }
        }
    }

    private var metrics: PoolMetrics {
        PoolMetrics(
            open: connections.count, busy: connections.count { $0.unanswered > 0 }, waiting: waiting.count,
            longestWait: longestWait)
    }

    private func watch(_ descriptor: Int32, _ operation: Int32, _ events: UInt32) {
        var event = epoll_event(events: events, data: epoll_data_t(fd: descriptor))
        // The only failure possible is about a descriptor that isn't watched, and one that is gone isn't.
        epoll_ctl(poller, operation, descriptor, &event)
    }
}
