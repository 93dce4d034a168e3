import Contracts
import FoundationEssentials
import Logging

/// The job that answers what contacts ask in conversations.
///
/// No message is answered twice, none is lost. The message is on the list in the same transaction that
/// records the reaction to its event, and leaves it only after Chat has acknowledged the reply; so after a
/// crash at any point it is tried again. Trying again is harmless: Chat takes one reply for a message and
/// answers a second with the first, and taking the row off the list and recording ``QuestionAnswered`` is
/// one commit, which does nothing when the row has gone.
struct AnswerPendingQuestions: Sendable {
    static let maximumConcurrency = 8
    /// The bell wakes the job; this is for what waited when the process stopped, and for postponed answers.
    static let pollInterval = Duration.seconds(5)
    static let callTimeout = Duration.seconds(10)

    let pending: any PendingAnswers
    let answering: QuestionAnswering
    let bus: any Bus
    let bell: Bell
    let now: @Sendable () -> Instant
    let sleep: @Sendable (Duration) async throws -> Void
    let makeRandom: @Sendable () -> any RandomNumberGenerator & Sendable
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        let busy = Busy()
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await sleep(Self.pollInterval)) != nil, !Task.isCancelled { bell.ring() }
            }
            bell.ring()
            for await _ in bell.strokes {
                for answer in await due(except: busy) {
                    await busy.begin(answer.conversationID)
                    group.addTask {
                        let isSettled = await self.answer(answer)
                        await busy.end(answer.conversationID)
                        // If not even the failure could be recorded, the next poll is soon enough.
                        if isSettled { bell.ring() }
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func due(except busy: Busy) async -> [PendingAnswer] {
        let conversations = await busy.conversations
        let free = Self.maximumConcurrency - conversations.count
        guard free > 0 else { return [] }
        do {
            return try await pending.due(at: now(), except: conversations, limit: free)
        } catch {
            logger.error("Pending answers can't be read", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// - Returns: Whether what became of it is recorded.
    func answer(_ question: PendingAnswer) async -> Bool {
        do {
            try await reply(to: question)
            return true
        } catch {
            return await settle(question, after: error)
        }
    }

    private func reply(to question: PendingAnswer) async throws {
        let base = MessageContext(principal: .service(.ai), requestID: question.requestID)
        let conversation = question.conversationID
        bus.signal(Typing(conversationID: conversation, active: true), base)
        defer { bus.signal(Typing(conversationID: conversation, active: false), base) }
        let answer = try await answering.answer(question.content)
        for delta in QuestionAnswering.deltas(of: answer.answer) {
            bus.signal(AnswerDelta(conversationID: conversation, text: delta), base)
        }
        let reply = PostReply(
            conversationID: conversation, inReplyTo: question.messageID, content: answer.answer,
            citations: answer.citations
        )
        let context = base.withTimeout(Self.callTimeout)
        _ = try await Deadline.enforce(context.deadline) { try await bus.send(reply, context) }
        let event = QuestionAnswered(
            conversationID: conversation, inReplyTo: question.messageID, abstained: answer.abstained,
            confidence: answer.confidence
        )
        try await pending.finish(question, event, base)
        logger.info(
            "Question answered",
            metadata: ["chat.message.id": "\(question.messageID)", "ai.abstained": "\(answer.abstained)"]
        )
    }

    /// What Chat says when a conversation has ended or gone. Anything else of the same kind may pass.
    private static let unwantedCodes: Set = ["chat.conversation_resolved", "chat.conversation_not_found"]

    private func settle(_ question: PendingAnswer, after error: any Error) async -> Bool {
        // Stopping isn't the answer's failure: it is there when the process starts again.
        if Task.isCancelled { return false }
        let error = ServiceError(describing: error)
        let metadata: Logger.Metadata = [
            "chat.message.id": "\(question.messageID)", "error.code": "\(error.code)",
            "ai.attempts": "\(question.attempts + 1)",
        ]
        do {
            var postponed = question
            var random = AnyRandom(base: makeRandom())
            if Self.unwantedCodes.contains(error.code) {
                // The conversation has ended or gone: nobody waits for the answer any more.
                logger.debug("Answer not wanted any more", metadata: metadata)
                try await pending.drop(question.messageID)
            } else if error.isTransient || error.isOutage,
                postponed.postpone(at: now(), isOutage: error.isOutage, using: &random)
            {
                logger.warning("Answer postponed", metadata: metadata)
                try await pending.save(postponed)
            } else {
                logger.error("Question given up", metadata: metadata)
                try await pending.drop(question.messageID)
            }
            return true
        } catch {
            logger.error("Failed answer can't be recorded", metadata: metadata)
            return false
        }
    }

    /// The conversations that are being answered at this moment.
    private actor Busy {
        private(set) var conversations: Set<ConversationID> = []
        func begin(_ id: ConversationID) { conversations.insert(id) }
        func end(_ id: ConversationID) { conversations.remove(id) }
    }

    private struct AnyRandom: RandomNumberGenerator {
        var base: any RandomNumberGenerator & Sendable
        mutating func next() -> UInt64 { base.next() }
    }
}

extension ServiceError {
    /// Something was out of reach, or not started yet: none of the question's doing.
    fileprivate var isOutage: Bool {
        switch kind {
        case .unavailable, .deadlineExceeded, .cancelled: true
        default: code == "bus.unknown_message"
        }
    }
}
