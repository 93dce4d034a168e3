import Contracts
import ContractsTesting
import Testing

@testable import Chat

@Suite struct ConversationTests {
    private let clock = TestClock()
    private let ids = CountingUUIDs()

    @Test func startingIsTheFirstItemOfItsFeed() throws {
        let conversation = try Conversation(
            id: ConversationID(ids.next()), contact: .ada, subject: nil, at: clock.now())
        #expect(conversation.sequence == 1)
        #expect(conversation.status == .open)
        #expect(conversation.events.count == 1)
        #expect((conversation.events.first as? ConversationStarted)?.conversation == conversation.view)
    }

    @Test func eachMessageTakesTheNextNumber() throws {
        var conversation = try Conversation.sample()
        for number in 2...4 {
            let message = try conversation.post(
                .sample("Message \(number)"), by: .assistant, id: MessageID(ids.next()), at: clock.now())
            #expect(message.sequence == Int64(number))
        }
        #expect(conversation.messageCount == 3)
        #expect(conversation.posted.map(\.sequence) == [2, 3, 4])
        #expect(conversation.events.count == 3)
    }

    @Test func resolvedConversationRejectsMessages() throws {
        var conversation = try Conversation.sample(status: .resolved)
        let before = conversation.view
        let error = #expect(throws: ServiceError.self) {
            try conversation.post(.sample(), by: .assistant, id: MessageID(ids.next()), at: clock.now())
        }
        #expect(error?.code == "chat.conversation_resolved")
        #expect(conversation.view == before)
        #expect(conversation.events.isEmpty)
    }

    @Test func endingHappensOnce() throws {
        var conversation = try Conversation.sample()
        clock.advance(by: .seconds(60))
        try conversation.end(transcriptEmail: nil, at: clock.now())
        #expect(conversation.status == .resolved)
        #expect(conversation.endedAt == clock.now())
        #expect(throws: ServiceError.self) { try conversation.end(transcriptEmail: nil, at: clock.now()) }
    }

    @Test func transcriptGoesToTheContactUnlessSaidOtherwise() throws {
        var one = try Conversation.sample()
        try one.end(transcriptEmail: nil, at: clock.now())
        #expect((one.events.last as? ConversationEnded)?.transcriptEmail == Contact.ada.email)

        let elsewhere = try Email("work@example.com")
        var other = try Conversation.sample()
        try other.end(transcriptEmail: elsewhere, at: clock.now())
        #expect((other.events.last as? ConversationEnded)?.transcriptEmail == elsewhere)
    }

    @Test func clockSetBackDoesNotTurnTimeBack() throws {
        var conversation = try Conversation.sample()
        let before = conversation.updatedAt
        _ = try conversation.post(
            .sample(), by: .assistant, id: MessageID(ids.next()), at: before + .seconds(-3600))
        #expect(conversation.updatedAt == before)
    }

    @Test func subjectHasALimit() {
        let longest = String(repeating: "é", count: 200)
        #expect(throws: Never.self) {
            try Conversation(id: ConversationID(ids.next()), contact: .ada, subject: longest, at: clock.now())
        }
        let error = #expect(throws: ServiceError.self) {
            try Conversation(
                id: ConversationID(ids.next()), contact: .ada, subject: longest + "x", at: clock.now())
        }
        #expect(error?.fields.map(\.field) == ["subject"])
    }
}

@Suite struct MessageContentTests {
    @Test func contentIsKeptExactly() throws {
        for text in [
            " ", "\n", "Zalgo t\u{0335}\u{0322}ext", "👩‍👩‍👧", String(repeating: "x", count: 4000),
        ] {
            #expect(try Array(MessageContent(text).text.utf8) == Array(text.utf8))
        }
    }

    @Test(arguments: [
        ("", "required"), (String(repeating: "x", count: 4001), "too_long"), ("a\u{0}b", "invalid_character"),
    ])
    func whatCannotBeKeptIsRefused(text: String, code: String) {
        let error = #expect(throws: ServiceError.self) { try MessageContent(text) }
        #expect(error?.fields.map(\.code) == [code])
        #expect(error?.fields.map(\.field) == ["content"])
    }
}

@Suite struct ConversationAccessTests {
    private let access = ConversationAccess(contactID: Contact.ada.id)

    @Test func contactMayAndStrangerMayNot() throws {
        try access.require(.readAllConversations, of: .sample())
        let stranger = Principal.sample(id: "00000000-0000-7000-8000-0000000000bb")
        let error = #expect(throws: ServiceError.self) {
            try access.require(.readAllConversations, of: stranger)
        }
        #expect(error == .conversationNotFound)
        #expect(throws: ServiceError.self) { try access.require(.readAllConversations, of: .anonymous) }
    }

    @Test(arguments: [Role.agent, .admin]) func staffMaySeeAll(role: Role) throws {
        let staff = Principal.sample(id: "00000000-0000-7000-8000-0000000000cc", role: role)
        try access.require(.readAllConversations, of: staff)
        #expect(access.author(for: staff).kind == .agent)
    }

    @Test func administratorsOwnConversationIsTheirs() {
        let admin = Principal.sample(role: .admin)
        #expect(access.author(for: admin).kind == .contact)
    }
}
