import Contracts
import ContractsTesting
import FoundationEssentials
import Logging
import Testing

@testable import Notification

@Suite struct SendTranscriptTests {
    private let bus = ScriptedBus()
    private let deliveries = InMemoryDeliveries()
    private let mailer = RecordingMailer()

    init() {
        bus.answer(Transcript.self) { _ in [.sample(content: "Hello"), .sample(by: .agent, name: "Marie")] }
    }

    private let lease = JobLease(number: 1, token: 1, attempt: 1)

    /// Delivers the event, as the relay does.
    private func deliver(email: String? = "ada@example.com") async throws {
        let order = OrderTranscript(deliveries: deliveries)
        let event = ConversationEnded(conversation: .sample(), transcriptEmail: try email.map { try Email($0) })
        try await order(event, .sample, .sample(.service(.notification)))
    }

    /// Does the job, as the runner does.
    private func work() async throws {
        let job = try #require(deliveries.jobs.first)
        try await send(job, deliveries)
    }

    private func send(_ job: MailTranscript, _ deliveries: InMemoryDeliveries) async throws {
        let send = SendTranscript(
            bus: bus, deliveries: deliveries, mailer: mailer, siteName: "Shop", logger: Logger(label: "test"))
        try await send(job, lease, .sample(.service(.notification)))
    }

    private let serverDown = ServiceError(.unavailable, code: "mail.unavailable", "The mail server is down.")
    private let refused = ServiceError(.invalid, code: "mail.recipient_refused", "The address was refused.")

    @Test func transcriptGoesToTheAddressOfTheEvent() async throws {
        try await deliver()
        try await work()
        #expect(mailer.sent.map(\.to.address) == ["ada@example.com"])
        #expect(mailer.sent.first?.text.contains("Hello") == true)
        #expect(bus.sent(Transcript.self).map(\.conversationID) == [sampleID])
    }

    @Test func withoutAnAddressNothingHappens() async throws {
        try await deliver(email: nil)
        #expect(mailer.sent.isEmpty)
        #expect(deliveries.all.isEmpty)
        #expect(deliveries.jobs.isEmpty)
    }

    // Whoever is away, the events that come after this one don't wait.
    @Test func eventIsTakenWithoutChatAndWithoutAMailServer() async throws {
        mailer.refuse(with: serverDown)
        bus.answer(Transcript.self) { _ in throw ServiceError.databaseUnavailable }
        try await deliver()
        #expect(deliveries.all == [.init(status: .pending, recipient: try Email("ada@example.com"))])
        #expect(deliveries.jobs.count == 1)
    }

    @Test func jobDoneTwiceSendsOnce() async throws {
        try await deliver()
        try await work()
        try await work()
        #expect(mailer.sent.count == 1)
    }

    @Test func jobEndsWithItsDelivery() async throws {
        try await deliver()
        try await work()
        #expect(deliveries.ended == [lease])
        #expect(deliveries.all == [.init(status: .sent, recipient: nil)])
    }

    @Test func jobHoldsNeitherAddressNorName() async throws {
        try await deliver()
        let json = try JSONEncoder().encode(#require(deliveries.jobs.first))
        let text = String(decoding: json, as: UTF8.self)
        #expect(!text.contains("ada@example.com") && !text.contains("Ada"))
    }

    @Test func serverThatIsDownMakesTheJobBeTriedAgain() async throws {
        try await deliver()
        mailer.refuse(with: serverDown)
        await #expect(throws: serverDown) { try await work() }
        #expect(deliveries.all == [.init(status: .pending, recipient: try Email("ada@example.com"))])

        mailer.refuse(with: nil)
        try await work()
        #expect(mailer.sent.count == 1)
        #expect(deliveries.all.map(\.status) == [.sent])
    }

    @Test func jobIsTriedForDaysBeforeItIsGivenUp() {
        let retries = MailTranscript.retries
        let total = (1..<retries.maximumAttempts).reduce(Duration.zero) {
            $0 + retries.delay(after: $1, random: 0.5)
        }
        #expect(total > .seconds(4 * 86400))
    }

    @Test func mailSentAgainIsTheSameMail() async throws {
        try await deliver()
        try await work()
        let crashed = InMemoryDeliveries()
        let recipient = try Email("ada@example.com")
        let job = try #require(deliveries.jobs.first)
        try await crashed.open(.transcript, for: .sample, to: recipient, by: job, .sample())
        try await send(job, crashed)
        #expect(mailer.sent.count == 2)
        #expect(mailer.sent[0] == mailer.sent[1])
    }

    @Test func refusedAddressIsRecordedAndDone() async throws {
        try await deliver()
        mailer.refuse(with: refused)
        try await work()
        #expect(
            deliveries.all == [
                .init(
                    status: .failed, recipient: nil, reason: "mail.recipient_refused: The address was refused.")
            ])
        #expect(deliveries.ended == [lease])

        mailer.refuse(with: nil)
        try await work()
        #expect(mailer.sent.isEmpty)
    }

    @Test func transcriptThatCannotBeReadMakesTheJobBeTriedAgain() async throws {
        let unreachable = ServiceError(.unavailable, code: "bus.unreachable", "Chat can't be reached.")
        bus.answer(Transcript.self) { _ in throw unreachable }
        try await deliver()
        await #expect(throws: unreachable) { try await work() }
        #expect(mailer.sent.isEmpty)
    }

    // An `.invalid` of Chat's says nothing about the address.
    @Test func refusalByAnotherServiceIsNoRefusedAddress() async throws {
        let strange = ServiceError(.invalid, code: "chat.strange", "No.")
        bus.answer(Transcript.self) { _ in throw strange }
        try await deliver()
        await #expect(throws: strange) { try await work() }
        #expect(deliveries.all.map(\.status) == [.pending])
    }

    @Test func longConversationIsReadNoFurtherThanTheMailHolds() async throws {
        bus.answer(Transcript.self) { _ in (0..<2000).map { .sample(content: "message \($0)") } }
        try await deliver()
        try await work()
        let text = try #require(mailer.sent.first?.text)
        #expect(text.contains("message 999\n"))
        #expect(!text.contains("message 1000\n"))
        #expect(text.contains("The rest was left out"))
    }
}
