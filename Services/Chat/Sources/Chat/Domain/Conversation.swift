import Contracts

/// A conversation between a contact and whoever answers. The rules of what may happen in it.
///
/// Everything that happens gets the next number of its sequence, without gaps: the feed that clients
/// follow, and the history that the events record.
struct Conversation: Sendable {
    let id: ConversationID
    let contact: Contact
    let subject: String?
    let createdAt: Instant
    private(set) var status: ConversationStatus
    private(set) var messageCount: Int
    private(set) var sequence: Int64
    private(set) var updatedAt: Instant
    private(set) var endedAt: Instant?

    /// What happened since it was loaded, in order.
    private(set) var events: [any Event] = []
    /// What was said since it was loaded, in order.
    private(set) var posted: [MessageView] = []

    static let maximumSubjectCharacters = 200

    /// A contact opens a conversation.
    init(id: ConversationID, contact: Contact, subject: String?, at now: Instant) throws(ServiceError) {
        guard subject?.unicodeScalars.count ?? 0 <= Self.maximumSubjectCharacters else {
            throw .invalid(
                field: "subject", code: "too_long",
                "A subject may have at most \(Self.maximumSubjectCharacters) characters."
            )
        }
        try subject?.requireStorable(field: "subject")
        self.init(
            view: ConversationView(
                id: id, status: .open, subject: subject, contact: contact, messageCount: 0, lastSequence: 1,
                createdAt: now, updatedAt: now, endedAt: nil))
        events = [ConversationStarted(conversation: view)]
    }

    /// A conversation as it was stored.
    init(view: ConversationView) {
        id = view.id
        contact = view.contact
        subject = view.subject
        createdAt = view.createdAt
        status = view.status
        messageCount = view.messageCount
        sequence = view.lastSequence
        updatedAt = view.updatedAt
        endedAt = view.endedAt
    }

    var view: ConversationView {
        ConversationView(
            id: id, status: status, subject: subject, contact: contact, messageCount: messageCount,
            lastSequence: sequence, createdAt: createdAt, updatedAt: updatedAt, endedAt: endedAt)
    }

    /// Whether this new one asks for the same as an earlier one that was opened with a message, or without.
    func opens(as earlier: Conversation, with opening: MessageView?) -> Bool {
        subject == earlier.subject && posted.first?.content == opening?.content
    }

    /// Somebody says something.
    mutating func post(
        _ content: MessageContent, by author: Author, citations: [Citation] = [], id: MessageID, at now: Instant
    ) throws(ServiceError) -> MessageView {
        try requireOpen()
        advance(to: now)
        messageCount += 1
        let message = MessageView(
            id: id, conversationID: self.id, sequence: sequence, author: author, content: content.text,
            citations: citations, createdAt: now)
        posted.append(message)
        events.append(MessagePosted(message: message))
        return message
    }

    /// It is over.
    /// - Parameter transcriptEmail: Where the transcript goes instead of the contact's own address.
    mutating func end(transcriptEmail: Email?, at now: Instant) throws(ServiceError) {
        try requireOpen()
        advance(to: now)
        status = .resolved
        endedAt = now
        events.append(
            ConversationEnded(conversation: view, transcriptEmail: transcriptEmail ?? contact.email))
    }

    private mutating func advance(to now: Instant) {
        sequence += 1
        // The clock may be set back; the order of what happened may not.
        updatedAt = max(updatedAt, now)
    }

    private func requireOpen() throws(ServiceError) {
        guard status == .open else {
            throw ServiceError(
                .conflict, code: "chat.conversation_resolved",
                "This conversation has ended. Start a new one."
            )
        }
    }
}
