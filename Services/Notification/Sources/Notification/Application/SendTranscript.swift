import Contracts
import Logging
import Synchronization

/// Sends the contact what was said when a conversation has ended and an address is known.
///
/// What may pass (a server that is down, a transcript that can't be read now) is thrown, and the event
/// comes again later. An address refused for good is recorded, and that is that.
struct SendTranscript: Sendable {
    /// For reading the whole conversation from Chat.
    static let readingTimeout = Duration.seconds(30)

    let bus: any Bus
    let deliveries: any Deliveries
    let mailer: any Mailer
    let siteName: String
    let logger: Logger

    func callAsFunction(
        _ event: ConversationEnded, _ envelope: EventEnvelope, _ context: MessageContext
    ) async throws {
        guard let recipient = event.transcriptEmail else { return }
        let status = try await deliveries.open(.transcript, for: envelope, to: recipient, context)
        guard status == .pending else { return }
        let text = try await transcript(of: event.conversation, context)
        let mail = Mail.transcript(
            text, of: event.conversation, to: recipient, siteName: siteName, because: envelope)
        let outcome = try await send(mail, because: envelope)
        // Should the process die right here, the event comes again and the mail goes out a second time: a
        // mail server takes part in no transaction. The same Message-ID, made of the event's, lets the
        // second be recognised.
        try await deliveries.close(.transcript, for: envelope, as: outcome, context)
    }

    private func send(_ mail: Mail, because envelope: EventEnvelope) async throws -> DeliveryOutcome {
        do {
            try await mailer.send(mail)
            logger.info("Transcript sent", metadata: ["notification.event.id": "\(envelope.id)"])
            return .sent
        } catch let error as ServiceError where error.kind == .invalid {
            logger.warning(
                "Transcript refused for good",
                metadata: ["notification.event.id": "\(envelope.id)", "error.code": "\(error.code)"])
            return .failed(reason: "\(error.code): \(error.message)")
        }
    }

    private func transcript(
        of conversation: ConversationView, _ context: MessageContext
    ) async throws -> TranscriptText {
        let text = SharedText(TranscriptText(of: conversation, siteName: siteName))
        let reading = context.acting(as: .notification).withTimeout(Self.readingTimeout)
        do {
            try await bus.stream(Transcript(conversationID: conversation.id), reading) { message in
                // Throwing is how a consumer ends a stream early.
                guard text.add(message) else { throw ServiceError.cancelled }
            }
        } catch  where text.value.isFull {
            // Ended by us, as which error ever a transport brings that back.
        }
        return text.value
    }
}

/// The text while a stream adds to it.
private final class SharedText: Sendable {
    private let text: Mutex<TranscriptText>

    init(_ text: TranscriptText) {
        self.text = Mutex(text)
    }

    var value: TranscriptText { text.withLock { $0 } }

    /// - Returns: Whether there is room for more.
    func add(_ message: MessageView) -> Bool {
        text.withLock {
            $0.add(message)
            return !$0.isFull
        }
    }
}
