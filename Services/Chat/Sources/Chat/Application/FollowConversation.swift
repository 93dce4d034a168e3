import Contracts

/// Produces a conversation's feed: what happened since, then what happens.
///
/// The stored history is the only source of numbered items; a change merely tells the follower to read
/// on. So nothing is missed, doubled or out of order, however changes and readers meet.
struct FollowConversationProducer: Sendable {
    let reader: any ConversationReader
    let unitOfWork: any UnitOfWork
    let followers: Followers

    private static let itemsPerRead = 100

    func callAsFunction(
        _ request: ConversationFeed, _ context: MessageContext,
        send: @escaping @Sendable (ConversationFeed.Element) async throws -> Void
    ) async throws {
        let conversation = try await reader.conversation(request.conversationID, visibleTo: context.principal)
        // Before the first read: what happens in between rings, and is read again.
        let follower = try followers.follow(conversation.id, contactID: conversation.contact.id)
        defer { followers.leave(conversation.id, follower) }
        var last = request.afterSequence
        for await _ in follower.rings {
            for signal in follower.takeSignals() { try await send(signal) }
            last = try await sendHistory(of: conversation.id, after: last, send)
        }
        // The rings end only by cancellation, and a feed that was cut off must not look like one that ended.
        throw CancellationError()
    }

    /// - Returns: The number of the last item sent.
    private func sendHistory(
        of id: ConversationID, after sequence: Int64,
        _ send: @Sendable (ConversationFeed.Element) async throws -> Void
    ) async throws -> Int64 {
        var last = sequence
        while true {
            let events = try await unitOfWork.history(
                of: .conversation(id), after: last, limit: Self.itemsPerRead)
            for event in events {
                try await send(ConversationFeed.Element(event))
                last = event.sequence
            }
            if events.count < Self.itemsPerRead { return last }
        }
    }
}

extension EventEnvelope.Aggregate {
    static func conversation(_ id: ConversationID) -> Self { Self("conversation", id.rawValue) }
}

extension ConversationFeed.Element {
    /// A recorded event as the feed shows it.
    init(_ event: EventEnvelope) throws {
        switch event.name {
        case ConversationStarted.name:
            self = .started(try event.decode(ConversationStarted.self).conversation)
        case MessagePosted.name:
            self = .message(try event.decode(MessagePosted.self).message)
        case ConversationEnded.name:
            let status = try event.decode(ConversationEnded.self).conversation.status
            self = .statusChanged(sequence: event.sequence, status: status)
        default:
            throw ServiceError(.internal, code: "chat.unknown_event", "The feed doesn't know \(event.name).")
        }
    }
}
