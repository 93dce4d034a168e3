import Contracts
import ContractsTesting
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import AI

@Suite(.timeLimit(.minutes(1))) struct AnswerPendingQuestionsTests {
    private let bus = ScriptedBus()
    private let clock = TestClock()
    private let bell = Bell()
    private let index = InMemoryPassages(Article.shop)

    private func job(_ pending: InMemoryPendingAnswers) -> AnswerPendingQuestions {
        AnswerPendingQuestions(
            pending: pending, answering: QuestionAnswering(index: index), bus: bus, bell: bell, now: clock.now,
            // Never wakes by itself: only its cancellation ends the wait.
            sleep: { _ in
                for await _ in AsyncStream<Void>.makeStream().stream {}
                throw CancellationError()
            },
            makeRandom: { SeededRandom(seed: 7) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    /// Runs the job until `count` messages have left the list or were put back.
    private func changes(_ count: Int, of pending: InMemoryPendingAnswers) async -> [InMemoryPendingAnswers
        .Change]
    {
        let job = job(pending)
        let running = Task { await job.run() }
        var changes: [InMemoryPendingAnswers.Change] = []
        for await change in pending.changes {
            changes.append(change)
            if changes.count == count { break }
        }
        running.cancel()
        await running.value
        return changes
    }

    private func acceptReplies() {
        bus.answer(PostReply.self) { reply, _ in .sample(reply) }
    }

    @Test func aWaitingMessageIsAnsweredAndTheAnswerRecorded() async throws {
        acceptReplies()
        let pending = InMemoryPendingAnswers([.sample(1)])
        #expect(await changes(1, of: pending) == [.finished(.numbered(1))])
        let reply = try #require(bus.sent(PostReply.self).first)
        #expect(reply.inReplyTo == .numbered(1))
        #expect(reply.content.contains("never expire"))
        #expect(reply.citations.count == 1)
        #expect(bus.signals(AnswerDelta.self).map(\.text).joined() == reply.content)
        #expect(bus.signals(Typing.self).map(\.active) == [true, false])
        #expect(pending.answered.map(\.inReplyTo) == [.numbered(1)])
        #expect(pending.answered.first?.abstained == false)
    }

    @Test func theServiceActsInItsOwnNameWithADeadline() async throws {
        let seen = Mutex<MessageContext?>(nil)
        bus.answer(PostReply.self) { reply, context in
            seen.withLock { $0 = context }
            return .sample(reply)
        }
        _ = await changes(1, of: InMemoryPendingAnswers([.sample(1)]))
        let context = try #require(seen.withLock { $0 })
        #expect(context.principal.role == .service)
        #expect(context.requestID == "request-1")
        #expect(context.deadline != nil)
    }

    @Test func oneConversationIsAnsweredInOrder() async {
        acceptReplies()
        let pending = InMemoryPendingAnswers([.sample(1), .sample(2), .sample(3, in: 200), .sample(4)])
        _ = await changes(4, of: pending)
        let order = bus.sent(PostReply.self).filter { $0.conversationID == .numbered(100) }.map(\.inReplyTo)
        #expect(order == [.numbered(1), .numbered(2), .numbered(4)])
        #expect(pending.rows.isEmpty)
    }

    @Test func aFailureThatMayPassPostponesTheAnswer() async {
        bus.answer(PostReply.self) { _, _ in throw ServiceError(.unavailable, code: "test", "Down.") }
        let pending = InMemoryPendingAnswers([.sample(1)])
        #expect(await changes(1, of: pending) == [.postponed(.numbered(1), attempts: 1)])
        #expect(pending.rows[0].nextAttemptAt > clock.now())
        #expect(pending.rows[0].nextAttemptAt <= clock.now() + .seconds(2))
    }

    @Test func theFifthFailureIsTheLast() async {
        bus.answer(PostReply.self) { _, _ in throw ServiceError.internal }
        let pending = InMemoryPendingAnswers([.sample(1, attempts: 4)])
        #expect(await changes(1, of: pending) == [.dropped(.numbered(1))])
        #expect(pending.answered.isEmpty)
    }

    @Test(arguments: [
        ServiceError(.unavailable, code: "test", "Down."), .deadlineExceeded,
        .unknownMessage("chat.post_reply.v1"),
    ])
    func anOutageIsWaitedFor(outage: ServiceError) async {
        bus.answer(PostReply.self) { _, _ in throw outage }
        let pending = InMemoryPendingAnswers([.sample(1, attempts: 40)])
        #expect(await changes(1, of: pending) == [.postponed(.numbered(1), attempts: 41)])
        #expect(pending.rows[0].nextAttemptAt <= clock.now() + .seconds(60))
    }

    @Test func nobodyWaitsForMoreThanAnHour() async {
        bus.answer(PostReply.self) { _, _ in throw ServiceError(.unavailable, code: "test", "Down.") }
        let pending = InMemoryPendingAnswers([.sample(1)])
        clock.advance(by: PendingAnswer.longestWait + .seconds(1))
        #expect(await changes(1, of: pending) == [.dropped(.numbered(1))])
    }

    @Test(arguments: [
        ServiceError(.conflict, code: "chat.conversation_resolved", "Over."),
        ServiceError(.notFound, code: "chat.conversation_not_found", "Gone."),
        ServiceError(.invalid, code: "test", "Never."),
    ])
    func whatNobodyWaitsForIsDropped(refusal: ServiceError) async {
        bus.answer(PostReply.self) { _, _ in throw refusal }
        let pending = InMemoryPendingAnswers([.sample(1)])
        #expect(await changes(1, of: pending) == [.dropped(.numbered(1))])
    }

    @Test func twoWritersAtOncePostponeTheAnswer() async {
        bus.answer(PostReply.self) { _, _ in throw ServiceError.concurrentChange }
        let pending = InMemoryPendingAnswers([.sample(1)])
        #expect(await changes(1, of: pending) == [.postponed(.numbered(1), attempts: 1)])
    }

    @Test func aBrokenIndexPostponesTheAnswer() async {
        index.fail(with: DatabaseError.unavailable("busy"))
        let pending = InMemoryPendingAnswers([.sample(1)])
        #expect(await changes(1, of: pending) == [.postponed(.numbered(1), attempts: 1)])
        #expect(bus.sent(PostReply.self).isEmpty)
    }

    @Test func theReactionWakesTheJob() async throws {
        acceptReplies()
        let pending = InMemoryPendingAnswers()
        let reaction = MessagePostedReaction(pending: pending, bell: bell, now: clock.now)
        async let changes = changes(1, of: pending)
        try await reaction(.sample(.contact), .sample(), .sample())
        #expect(await changes == [.finished(.numbered(1))])
    }

    @Test func theSameEventTwiceIsOneAnswer() async throws {
        let pending = InMemoryPendingAnswers()
        let reaction = MessagePostedReaction(pending: pending, bell: bell, now: clock.now)
        for _ in 0..<2 { try await reaction(.sample(.contact), .sample(), .sample()) }
        #expect(pending.rows.count == 1)
    }

    @Test(arguments: [Author.Kind.agent, .assistant, .system])
    func onlyContactsAreAnswered(author: Author.Kind) async throws {
        let pending = InMemoryPendingAnswers()
        try await MessagePostedReaction(pending: pending, bell: bell, now: clock.now)(
            .sample(author), .sample(), .sample()
        )
        #expect(pending.rows.isEmpty)
    }

    @Test func waitsGrowAndStayWithinAMinute() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            var pending = PendingAnswer.sample(1)
            var longest: [Instant] = []
            while pending.postpone(at: clock.now(), isOutage: false, using: &random) {
                longest.append(pending.nextAttemptAt)
            }
            #expect(longest.count == PendingAnswer.maximumAttempts - 1)
            for (index, instant) in longest.enumerated() {
                #expect(instant <= clock.now() + .milliseconds(min(60_000, 1000 << (index + 1))))
            }
        }
    }
}

extension MessageView {
    fileprivate static func sample(_ reply: PostReply) -> MessageView {
        MessageView(
            id: .numbered(900), conversationID: reply.conversationID, sequence: 2, author: .assistant,
            content: reply.content, citations: reply.citations,
            createdAt: Instant(rfc3339: "2026-03-01T09:30:00Z")!
        )
    }
}

extension MessagePosted {
    fileprivate static func sample(_ author: Author.Kind) -> MessagePosted {
        MessagePosted(
            message: MessageView(
                id: .numbered(1), conversationID: .numbered(100), sequence: 1,
                author: Author(kind: author, id: nil, name: nil), content: "Do gift cards expire?",
                citations: [],
                createdAt: Instant(rfc3339: "2026-03-01T09:30:00Z")!
            )
        )
    }
}

extension EventEnvelope {
    fileprivate static func sample() -> EventEnvelope {
        EventEnvelope(
            id: .numbered(500), name: MessagePosted.name,
            aggregate: Aggregate("conversation", ConversationID.numbered(100).rawValue), sequence: 1,
            occurredAt: Instant(rfc3339: "2026-03-01T09:30:00Z")!, requestID: "request-1", traceparent: nil,
            payload: "{}"
        )
    }
}
