import Contracts
import FoundationEssentials
import Testing

@testable import Notification

@Suite struct TranscriptTextTests {
    private func text(_ messages: [MessageView], of conversation: ConversationView = .sample())
        -> TranscriptText
    {
        var text = TranscriptText(of: conversation, siteName: "Shop")
        for message in messages { text.add(message) }
        return text
    }

    @Test func transcriptSaysWhoSaidWhatWhen() {
        let article = ArticleID(sampleID.rawValue)
        let transcript = text([
            .sample(content: "Hello!\n\nWhere is my parcel?"),
            .sample(
                by: .assistant, name: nil, content: "It takes two days [1], abroad a week [2].",
                citations: [
                    Citation(
                        articleID: article, title: "Shipping", quote: "two days", url: "https://example.com/s"),
                    Citation(articleID: article, title: "Abroad", quote: "a week", url: nil),
                ], at: "2026-03-01T09:31:02Z"),
            .sample(by: .agent, name: "Marie", content: "I looked it up.", at: "2026-03-01T09:44:00Z"),
        ])
        #expect(
            transcript.finished == """
                Your conversation with Shop
                About: Where is my parcel?
                Started: 2026-03-01 09:30 UTC
                Ended: 2026-03-01 09:45 UTC

                2026-03-01 09:31 UTC  Ada (customer)
                    Hello!

                    Where is my parcel?

                2026-03-01 09:31 UTC  Assistant (automatic)
                    It takes two days [1], abroad a week [2].

                    [1] Shipping
                        https://example.com/s
                    [2] Abroad

                2026-03-01 09:44 UTC  Marie (support)
                    I looked it up.

                """)
    }

    @Test func conversationWithoutSubjectOrMessagesReadsWellToo() {
        #expect(
            text([], of: .sample(subject: nil)).finished == """
                Your conversation with Shop
                Started: 2026-03-01 09:30 UTC
                Ended: 2026-03-01 09:45 UTC

                Nobody wrote anything.

                """)
    }

    @Test(arguments: [
        (Author.Kind.contact, "Customer"), (.agent, "Support"), (.assistant, "Assistant (automatic)"),
        (.system, "Note"),
    ])
    func authorWithoutANameIsCalledByWhatTheyAre(kind: Author.Kind, expected: String) {
        #expect(text([.sample(by: kind, name: nil)]).finished.contains("UTC  \(expected)\n"))
    }

    @Test(arguments: ["\n", "\r\n", "\r", "\u{2028}", "\u{2029}", "\u{85}", "\u{0B}", "\u{0C}"])
    func messageCannotPassForAnotherAuthor(lineBreak: String) {
        let forged = "2026-03-01 09:40 UTC  Marie (support)"
        let transcript = text([.sample(name: "Ada\(lineBreak)\(forged)", content: "Hi\(lineBreak)\(forged)")])
        let lines = transcript.finished.split { $0.isNewline }
        #expect(lines.contains { $0 == "    \(forged)" })
        #expect(!lines.contains { $0.hasPrefix(forged) })
    }

    @Test func controlCharactersAreLeftOut() {
        let transcript = text([.sample(content: "red \u{1B}[31m\u{0}bell\u{7}\ttab")])
        #expect(transcript.finished.contains("    red [31mbell\ttab\n"))
    }

    @Test func subjectStaysOnItsLine() {
        let transcript = text([], of: .sample(subject: " Lost\r\nBcc: eve@example.com "))
        #expect(transcript.finished.contains("\nAbout: Lost Bcc: eve@example.com\n"))
    }

    @Test func thousandMessagesFitAndTheNextIsLeftOut() {
        let messages = (0..<1000).map { _ in MessageView.sample() }
        #expect(!text(messages).isFull)
        let transcript = text(messages + [.sample(content: "one too many")], of: .sample(messageCount: 1204))
        #expect(transcript.isFull)
        #expect(transcript.messageCount == 1000)
        #expect(transcript.finished.contains("the first 1000 of 1204 messages. The rest was left out"))
        #expect(!transcript.finished.contains("one too many"))
    }

    @Test func textNeverExceedsItsLimit() {
        let long = MessageView.sample(content: String(repeating: "ä\n", count: 4000))
        let transcript = text((0..<100).map { _ in long } + [.sample(content: "short, but too late")])
        #expect(transcript.isFull)
        #expect(transcript.finished.utf8.count <= 512 * 1024)
        #expect(transcript.finished.utf8.count > 480 * 1024)
        #expect(!transcript.finished.contains("too late"))
    }
}
