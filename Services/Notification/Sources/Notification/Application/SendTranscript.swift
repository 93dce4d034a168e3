import Contracts
import Logging
import Synchronization

/// Does the job ``MailTranscript``.
///
/// What may pass (a server that is down, a transcript that can't be read now) is thrown, and the job is done
/// again later. An address refused for good is recorded, and that is that.
struct SendTranscript: Sendable {
    /// For reading the whole conversation from Chat.
    static let readingTimeout = Duration.seconds(30)

    let bus: any Bus
    let deliveries: any Deliveries
    let mailer: any Mailer
    let siteName: String
    let logger: Logger

    func callAsFunction(_ job: MailTranscript, _ lease: JobLease, _ context: MessageContext) async throws {
        guard let recipient = try await deliveries.recipient(of: .transcript, for: job.eventID) else { return }
        let text = try await transcript(of: job.conversation, context)
        let mail = Mail.transcript(
            text, of: job.conversation, to: recipient, siteName: siteName, because: job.eventID,
            at: job.occurredAt)
        let outcome = try await send(mail, because: job.eventID)
        // Should the process die right here, the job is done again and the mail goes out a second time: a
        // mail server takes part in no transaction. The same Message-ID, made of the event's, lets the
        // second be recognised.
        try await deliveries.close(.transcript, for: job.eventID, as: outcome, ending: lease, context)
    }

    private func send(_ mail: Mail, because event: EventID) async throws -> DeliveryOutcome {
        do {
            try await mailer.send(mail)
            logger.info("Transcript sent", metadata: ["notification.event.id": "\(event)"])
            return .sent
        } catch let error as ServiceError where error.kind == .invalid {
            logger.warning(
                "Transcript refused for good",
                metadata: ["notification.event.id": "\(event)", "error.code": "\(error.code)"])
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
