/// What an administrator does with the event logs of all services: the same from the command line, over the
/// public API, and on either transport.
public struct OperatorDesk: Sendable {
    private let bus: any Bus
    private let context: MessageContext

    public init(bus: any Bus, _ context: MessageContext) {
        self.bus = bus
        self.context = context
    }

    /// The services that record events.
    public static let publishers = ServiceName.allCases.filter { $0.eventLog != nil }

    /// By publisher, subscriber and position.
    /// - Parameters:
    ///   - publisher: Only of its events.
    ///   - subscriber: Only what was meant for it.
    public func deadLetters(
        of publisher: ServiceName? = nil, for subscriber: ServiceName? = nil, _ page: PageRequest
    ) async throws -> Page<DeadLetterSummary> {
        let last = try page.cursor.map { text throws(ServiceError) in
            guard let id = DeadLetterID(text) else { throw .invalidCursor }
            return id
        }
        var found: [DeadLetterSummary] = []
        let publishers = Self.publishers.drop { last != nil && $0 != last?.publisher }
        for service in publishers where publisher == nil || service == publisher {
            let after = service == last?.publisher ? last : nil
            let missing = page.limit + 1 - found.count
            found += try await deadLetters(in: log(of: service), subscriber, after, missing)
            if found.count > page.limit { break }
        }
        return Page(found, limit: page.limit) { "\($0.id)" }
    }

    /// - Throws: `.notFound`.
    public func deadLetter(_ id: DeadLetterID) async throws -> DeadLetterView {
        try await details(id, in: log(of: id.publisher))
    }

    /// Delivers it once more; whether that succeeds shows in the list.
    /// - Throws: `.notFound`.
    public func redrive(_ id: DeadLetterID) async throws {
        _ = try await redrive(id.subscriber, id.position, in: log(of: id.publisher))
    }

    /// Delivers everything once more that a subscriber couldn't take.
    /// - Returns: How many.
    public func redriveAll(of publisher: ServiceName? = nil, for subscriber: ServiceName) async throws -> Int {
        var count = 0
        for service in publisher.map({ [$0] }) ?? Self.publishers {
            count += try await redrive(subscriber, nil, in: log(of: service))
        }
        return count
    }

    /// - Parameter position: Only what came after it; `nil` for the newest.
    public func events(of publisher: ServiceName, after position: Int64?, limit: Int) async throws
        -> [RecordedEvent]
    {
        try await events(in: log(of: publisher), position, limit)
    }

    public func checkAuditTrail(of publisher: ServiceName) async throws -> AuditTrailReport {
        try await check(log(of: publisher))
    }

    /// Empties what `subscriber` has made of events and delivers it the whole history of every service.
    ///
    /// Safe while everything runs. Emptying comes first: what is delivered in between is then either
    /// forgotten and comes again, or remembered and is recognised when it comes again. Interrupted before
    /// the last rewind, it is to be repeated, which this says.
    /// - Throws: `.conflict`, code `operations.not_rebuildable`.
    public func replay(to subscriber: ServiceName) async throws {
        do {
            try await rebuild(log(of: subscriber))
        } catch let error as ServiceError where error.code == ServiceError.unknownMessage("").code {
            throw ServiceError(
                .conflict, code: "operations.not_rebuildable",
                "What \(subscriber) does with events can't be undone, so it can't be built anew. Name a publisher and a position to deliver only what it missed."
            )
        } catch let error as ServiceError
            where [.deadlineExceeded, .unavailable, .cancelled].contains(error.kind)
        {
            // It may be done all the same.
            throw ServiceError(
                error.kind, code: "operations.replay_interrupted",
                "\(subscriber) may have been emptied, and doesn't get the events yet. Run the replay again. \(error.message)"
            )
        }
        for publisher in Self.publishers {
            do {
                try await rewind(subscriber, to: 0, in: log(of: publisher))
            } catch let error as ServiceError {
                throw ServiceError(
                    error.kind, code: "operations.replay_interrupted",
                    "\(subscriber) was emptied but doesn't get the events of \(publisher) yet. Run the replay again. \(error.message)"
                )
            }
        }
    }

    /// Delivers again what `publisher` recorded after `position`. The subscriber takes what it hasn't
    /// reacted to: such as events that it didn't know when they happened.
    public func replay(to subscriber: ServiceName, from publisher: ServiceName, after position: Int64)
        async throws
    {
        try await rewind(subscriber, to: position, in: log(of: publisher))
    }

    // MARK: - One log

    private func log(of service: ServiceName) throws(ServiceError) -> any EventLog.Type {
        guard let log = service.eventLog else {
            throw .invalid(
                field: "service", code: "invalid_value", "\(service) records no events and takes none.")
        }
        return log
    }

    private func deadLetters<Log: EventLog>(
        in _: Log.Type, _ subscriber: ServiceName?, _ after: DeadLetterID?, _ limit: Int
    ) async throws -> [DeadLetterSummary] {
        try await bus.ask(DeadLetterList<Log>(subscriber: subscriber, after: after, limit: limit), context)
    }

    private func details<Log: EventLog>(_ id: DeadLetterID, in _: Log.Type) async throws -> DeadLetterView {
        try await bus.ask(DeadLetterDetails<Log>(id: id), context)
    }

    private func redrive<Log: EventLog>(
        _ subscriber: ServiceName, _ position: Int64?, in _: Log.Type
    ) async throws -> Int {
        try await bus.send(RedriveDeadLetters<Log>(subscriber: subscriber, position: position), context)
            .redriven
    }

    private func events<Log: EventLog>(
        in _: Log.Type, _ position: Int64?, _ limit: Int
    ) async throws -> [RecordedEvent] {
        try await bus.ask(RecordedEvents<Log>(after: position, limit: limit), context)
    }

    private func check<Log: EventLog>(_: Log.Type) async throws -> AuditTrailReport {
        try await bus.ask(AuditTrailCheck<Log>(), context)
    }

    private func rebuild<Log: EventLog>(_: Log.Type) async throws {
        _ = try await bus.send(RebuildProjection<Log>(), context)
    }

    private func rewind<Log: EventLog>(
        _ subscriber: ServiceName, to position: Int64, in _: Log.Type
    ) async throws {
        _ = try await bus.send(RewindDelivery<Log>(subscriber: subscriber, after: position), context)
    }
}
