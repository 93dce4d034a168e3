import Contracts
import Testing

@testable import Notification

@Suite struct TranscriptMailTests {
    private func mail(subject: String?, siteName: String = "Shop") throws -> Mail {
        let conversation = ConversationView.sample(subject: subject)
        return try Mail.transcript(
            TranscriptText(of: conversation, siteName: siteName), of: conversation,
            to: Email("ada@example.com"),
            siteName: siteName, because: EventEnvelope.sample.id,
            at: EventEnvelope.sample.occurredAt)
    }

    @Test func subjectNamesSiteAndConversation() throws {
        #expect(try mail(subject: "Parcel").subject == "Your conversation with Shop: Parcel")
        #expect(try mail(subject: nil).subject == "Your conversation with Shop")
        #expect(try mail(subject: " \n").subject == "Your conversation with Shop")
    }

    @Test func subjectIsOneLine() throws {
        #expect(
            try mail(subject: "a\r\nBcc: b", siteName: "Sh\nop").subject
                == "Your conversation with Sh op: a Bcc: b")
    }

    @Test func idAndDateFollowFromTheEvent() throws {
        let mail = try mail(subject: nil)
        #expect(mail.id == "transcript-00000000-0000-7000-8000-0000000000e1")
        #expect(mail.date == Instant(rfc3339: "2026-03-01T09:45:00Z"))
    }
}
