import Contracts

extension Mail {
    /// The mail that takes a transcript to the contact.
    ///
    /// All of it follows from the event and the text, its ID and date too: a mail that was sent, but not
    /// recorded as sent because the process died in between, is sent a second time with the same Message-ID,
    /// and mail programs show the two as one.
    static func transcript(
        _ text: TranscriptText, of conversation: ConversationView, to recipient: Email, siteName: String,
        because event: EventID, at date: Instant
    ) -> Mail {
        let site = "Your conversation with \(siteName.onOneLine)"
        let subject = conversation.subject?.onOneLine ?? ""
        return Mail(
            id: "transcript-\(event)", to: recipient,
            subject: subject.isEmpty ? site : "\(site): \(subject)",
            text: text.finished, date: date
        )
    }
}
