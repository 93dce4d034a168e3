import Contracts
import FoundationEssentials
import Synchronization

/// The conversations that one client follows, a task for each.
final class Subscriptions: Sendable {
    private let writer: FrameWriter
    private let connection: LiveConnection
    private let running = Mutex<[ConversationID: Subscription]>([:])
    private let beginnings: AsyncStream<Beginning>
    private let begin: AsyncStream<Beginning>.Continuation

    private static let maximumPerConnection = 64

    private struct Beginning: Sendable {
        let conversation: ConversationID
        let sequence: Int64
        let subscription: Subscription
    }

    init(writer: FrameWriter, connection: LiveConnection) {
        self.writer = writer
        self.connection = connection
        (beginnings, begin) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.maximumPerConnection))
    }

    /// Runs all feeds until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await beginning in beginnings {
                group.addTask { await self.follow(beginning) }
            }
        }
    }

    /// Follows a conversation from a number on; instead of what was followed of it before.
    /// - Throws: `.conflict` when the client follows too many.
    func begin(_ conversation: ConversationID, after sequence: Int64) throws(ServiceError) {
        end(conversation)
        let subscription = Subscription()
        let isFull = running.withLock { running in
            guard running.count < Self.maximumPerConnection else { return true }
            running[conversation] = subscription
            return false
        }
        let beginning = Beginning(conversation: conversation, sequence: sequence, subscription: subscription)
        guard !isFull, case .enqueued = begin.yield(beginning) else {
            forget(conversation, subscription)
            throw ServiceError(
                .conflict, code: "websocket.too_many_subscriptions",
                "One connection follows at most \(Self.maximumPerConnection) conversations. Unsubscribe from some."
            )
        }
    }

    func end(_ conversation: ConversationID) {
        running.withLock { $0.removeValue(forKey: conversation) }?.cancel()
    }

    /// Makes room, unless something newer has taken the place.
    private func forget(_ conversation: ConversationID, _ subscription: Subscription) {
        running.withLock { running in
            if running[conversation] === subscription { running[conversation] = nil }
        }
    }

    func contains(_ conversation: ConversationID) -> Bool {
        running.withLock { $0[conversation] != nil }
    }

    private func follow(_ beginning: Beginning) async {
        let context = connection.context()
        do {
            try await beginning.subscription.run {
                try await self.follow(beginning.conversation, after: beginning.sequence, context)
            }
        } catch let error as ServiceError where error.kind != .cancelled {
            forget(beginning.conversation, beginning.subscription)
            try? await writer.send(error: error, requestID: context.requestID)
        } catch {
            // Cancelled, or the connection is gone.
        }
    }

    /// Goes on from the last number when the Chat service was away for a while.
    private func follow(
        _ conversation: ConversationID, after sequence: Int64, _ context: MessageContext
    ) async throws {
        let last = Atomic(sequence)
        let attempts = Atomic(0)
        while true {
            do {
                let request = ConversationFeed(
                    conversationID: conversation, afterSequence: last.load(ordering: .relaxed))
                try await connection.bus.stream(request, context) { [writer, connection] item in
                    // One's own typing is no news.
                    if case .typing(let author, _) = item, author.id == connection.principal.id,
                        author.id != nil
                    {
                        return
                    }
                    attempts.store(0, ordering: .relaxed)
                    try await writer.send(item.frame(in: conversation))
                    if let sequence = item.sequence { last.store(sequence, ordering: .relaxed) }
                }
                return
            } catch let error as ServiceError where error.kind == .unavailable {
                let attempt = attempts.wrappingAdd(1, ordering: .relaxed).oldValue
                let longest = Duration.milliseconds(250) * (1 << min(attempt, 5))
                try await ContinuousClock().sleep(for: longest * Double.random(in: 0.5...1))
            }
        }
    }
}

/// One feed that can be stopped.
final class Subscription: Sendable {
    private let task = Mutex<Task<Void, any Error>?>(nil)
    private let isCancelled = Atomic(false)

    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await body() }
        self.task.withLock { $0 = task }
        if isCancelled.load(ordering: .acquiring) { task.cancel() }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    func cancel() {
        isCancelled.store(true, ordering: .releasing)
        task.withLock { $0 }?.cancel()
    }
}
