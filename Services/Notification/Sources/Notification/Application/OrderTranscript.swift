import Contracts

/// Has the contact sent what was said, when a conversation has ended and an address is known.
///
/// Only writes down that it is to be done: a mail server that is away for hours holds up its mails, and none of
/// the events that come after this one.
struct OrderTranscript: Sendable {
    let deliveries: any Deliveries

    func callAsFunction(
        _ event: ConversationEnded, _ envelope: EventEnvelope, _ context: MessageContext
    ) async throws {
        guard let recipient = event.transcriptEmail else { return }
        let job = MailTranscript(of: event.conversation, because: envelope)
        try await deliveries.open(.transcript, for: envelope, to: recipient, by: job, context)
    }
}

/// Mails the transcript of a conversation that has ended.
///
/// The address isn't part of it, nor who the contact is: the delivery forgets the address when it ends, and a
/// job that was given up stays.
struct MailTranscript: QueuedJob {
    static let name = "notification.mail_transcript.v1"
    /// Full jitter takes half of each bound on average: five days.
    /// Source: RFC 5321, section 4.5.4.1: "the give-up time generally needs to be at least 4-5 days".
    static let retries = JobRetries(
        maximumAttempts: 250, firstDelay: .seconds(5), longestDelay: .seconds(3600))
    /// Enough for reading the conversation, and for a slow mail server.
    static let timeLimit = Duration.seconds(180)

    let eventID: EventID
    let occurredAt: Instant
    let conversation: ConversationView

    init(of conversation: ConversationView, because event: EventEnvelope) {
        eventID = event.id
        occurredAt = event.occurredAt
        self.conversation = ConversationView(
            id: conversation.id, status: conversation.status, subject: conversation.subject,
            contact: Contact(id: conversation.contact.id, name: nil, email: nil),
            messageCount: conversation.messageCount, lastSequence: conversation.lastSequence,
            createdAt: conversation.createdAt, updatedAt: conversation.updatedAt, endedAt: conversation.endedAt)
    }
}
