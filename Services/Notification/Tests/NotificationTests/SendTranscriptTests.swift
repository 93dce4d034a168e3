import Contracts
import ContractsTesting
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

    /// Delivers the event, as the relay does.
    private func deliver(email: String? = "ada@example.com") async throws {
        let send = SendTranscript(
            bus: bus, deliveries: deliveries, mailer: mailer, siteName: "Shop", logger: Logger(label: "test"))
        let event = ConversationEnded(conversation: .sample(), transcriptEmail: try email.map { try Email($0) })
        try await send(event, .sample, .sample(.service(.notification)))
    }

    private let serverDown = ServiceError(.unavailable, code: "mail.unavailable", "The mail server is down.")
    private let refused = ServiceError(.invalid, code: "mail.recipient_refused", "The address was refused.")

    @Test func transcriptGoesToTheAddressOfTheEvent() async throws {
        try await deliver()
        #expect(mailer.sent.map(\.to.address) == ["ada@example.com"])
        #expect(mailer.sent.first?.text.contains("Hello") == true)
        #expect(bus.sent(Transcript.self).map(\.conversationID) == [sampleID])
    }

    @Test func withoutAnAddressNothingHappens() async throws {
        try await deliver(email: nil)
        #expect(mailer.sent.isEmpty)
        #expect(deliveries.all.isEmpty)
        #expect(bus.sent(Transcript.self).isEmpty)
    }

    @Test func eventDeliveredTwiceSendsOnce() async throws {
        try await deliver()
        try await deliver()
        #expect(mailer.sent.count == 1)
    }

    @Test func sentDeliveryForgetsItsRecipient() async throws {
        try await deliver()
        #expect(deliveries.all == [.init(status: .sent, recipient: nil)])
    }

    @Test func serverThatIsDownMakesTheEventComeAgain() async throws {
        mailer.refuse(with: serverDown)
        await #expect(throws: serverDown) { try await deliver() }
        #expect(deliveries.all == [.init(status: .pending, recipient: try Email("ada@example.com"))])

        mailer.refuse(with: nil)
        try await deliver()
        #expect(mailer.sent.count == 1)
        #expect(deliveries.all.map(\.status) == [.sent])
    }

    @Test func mailSentAgainIsTheSameMail() async throws {
        try await deliver()
        let crashed = InMemoryDeliveries()
        let send = SendTranscript(
            bus: bus, deliveries: crashed, mailer: mailer, siteName: "Shop", logger: Logger(label: "test"))
        let event = ConversationEnded(conversation: .sample(), transcriptEmail: try Email("ada@example.com"))
        try await send(event, .sample, .sample(.service(.notification)))
        #expect(mailer.sent.count == 2)
        #expect(mailer.sent[0] == mailer.sent[1])
    }

    @Test func refusedAddressIsRecordedAndDone() async throws {
        mailer.refuse(with: refused)
        try await deliver()
        #expect(
            deliveries.all == [
                .init(
                    status: .failed, recipient: nil, reason: "mail.recipient_refused: The address was refused.")
            ])

        mailer.refuse(with: nil)
        try await deliver()
        #expect(mailer.sent.isEmpty)
    }

    @Test func transcriptThatCannotBeReadMakesTheEventComeAgain() async throws {
        let unreachable = ServiceError(.unavailable, code: "bus.unreachable", "Chat can't be reached.")
        bus.answer(Transcript.self) { _ in throw unreachable }
        await #expect(throws: unreachable) { try await deliver() }
        #expect(mailer.sent.isEmpty)
    }

    // An `.invalid` of Chat's says nothing about the address.
    @Test func refusalByAnotherServiceIsNoRefusedAddress() async throws {
        let strange = ServiceError(.invalid, code: "chat.strange", "No.")
        bus.answer(Transcript.self) { _ in throw strange }
        await #expect(throws: strange) { try await deliver() }
        #expect(deliveries.all.map(\.status) == [.pending])
    }

    @Test func longConversationIsReadNoFurtherThanTheMailHolds() async throws {
        bus.answer(Transcript.self) { _ in (0..<2000).map { .sample(content: "message \($0)") } }
        try await deliver()
        let text = try #require(mailer.sent.first?.text)
        #expect(text.contains("message 999\n"))
        #expect(!text.contains("message 1000\n"))
        #expect(text.contains("The rest was left out"))
    }
}
