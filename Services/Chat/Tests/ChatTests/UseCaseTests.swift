import Contracts
import ContractsTesting
import Testing

@testable import Chat

@Suite struct UseCaseTests {
    private let conversations = InMemoryConversations()
    private let clock = TestClock()
    private let ids = CountingUUIDs()
    private let stranger = Principal.sample(id: "00000000-0000-7000-8000-0000000000bb")

    private func start(_ message: String? = "Hello", key: String? = nil) async throws -> ConversationView {
        let handler = StartConversationHandler(conversations: conversations, now: clock.now, makeUUID: ids.next)
        return try await handler(
            StartConversation(subject: nil, message: message), .sample(idempotencyKey: key))
    }

    private func send(
        _ text: String, to id: ConversationID, as principal: Principal = .sample(), key: String? = nil
    ) async throws -> MessageView {
        let handler = SendMessageHandler(conversations: conversations, now: clock.now, makeUUID: ids.next)
        return try await handler(
            SendMessage(conversationID: id, content: text), .sample(principal, idempotencyKey: key))
    }

    @Test func firstMessageComesWithTheConversation() async throws {
        let started = try await start("Where is my lamp?")
        #expect(started.messageCount == 1)
        #expect(started.lastSequence == 2)
        #expect(started.contact == .ada)
        #expect(conversations.events.count == 2)
    }

    @Test func sameKeyStartsOnce() async throws {
        let first = try await start(key: "one")
        #expect(try await start(key: "one") == first)
        #expect(try await start(key: "two").id != first.id)
    }

    @Test func nobodyMayStartWithoutAToken() async throws {
        let handler = StartConversationHandler(conversations: conversations, now: clock.now, makeUUID: ids.next)
        let error = await #expect(throws: ServiceError.self) {
            try await handler(StartConversation(subject: nil, message: nil), .sample(.anonymous))
        }
        #expect(error?.kind == .unauthenticated)
    }

    @Test func sameKeySendsOnceAndSaysTheSame() async throws {
        let id = try await start().id
        let first = try await send("Are you there?", to: id, key: "k")
        #expect(try await send("Are you there?", to: id, key: "k") == first)
        #expect(try await conversations.conversation(id).messageCount == 2)
        let error = await #expect(throws: ServiceError.self) { try await send("Else", to: id, key: "k") }
        #expect(error?.code == "idempotency.key_reused")
    }

    @Test func messageThatWasAcknowledgedIsAcknowledgedAgainAfterTheEnd() async throws {
        let id = try await start().id
        let first = try await send("Thanks", to: id, key: "k")
        _ = try await EndConversationHandler(conversations: conversations, now: clock.now)(
            EndConversation(conversationID: id), .sample())
        #expect(try await send("Thanks", to: id, key: "k") == first)
    }

    @Test func strangerFindsNothing() async throws {
        let id = try await start().id
        let error = await #expect(throws: ServiceError.self) { try await send("Hi", to: id, as: stranger) }
        #expect(error == .conversationNotFound)
        await #expect(throws: ServiceError.conversationNotFound) {
            try await ConversationDetailsHandler(reader: conversations)(
                ConversationDetails(id: id), .sample(stranger))
        }
        await #expect(throws: ServiceError.conversationNotFound) {
            try await EndConversationHandler(conversations: conversations, now: clock.now)(
                EndConversation(conversationID: id), .sample(stranger))
        }
    }

    @Test func customersListTheirOwnAndStaffListAll() async throws {
        _ = try await start()
        let list = ConversationListHandler(reader: conversations)
        let query = try ConversationList(status: nil, page: PageRequest())
        #expect(try await list(query, .sample()).data.count == 1)
        #expect(try await list(query, .sample(stranger)).data.isEmpty)
        #expect(try await list(query, .sample(.sample(role: .agent))).data.count == 1)
    }

    @Test func assistantRepliesOncePerMessage() async throws {
        let id = try await start().id
        let question = try await send("How long?", to: id)
        let handler = PostReplyHandler(conversations: conversations, now: clock.now, makeUUID: ids.next)
        let reply = PostReply(conversationID: id, inReplyTo: question.id, content: "Two days.", citations: [])
        let first = try await handler(reply, .sample(.service(.ai)))
        #expect(first.author == .assistant)
        #expect(try await handler(reply, .sample(.service(.ai))) == first)
        #expect(try await conversations.conversation(id).messageCount == 3)
    }

    @Test(arguments: [Principal.sample(), .sample(role: .admin)])
    func onlyServicesSpeakAsTheAssistant(principal: Principal) async throws {
        let handler = PostReplyHandler(conversations: conversations, now: clock.now, makeUUID: ids.next)
        let id = try await start().id
        let reply = PostReply(
            conversationID: id, inReplyTo: MessageID(ids.next()), content: "Free lamps!", citations: [])
        let error = await #expect(throws: ServiceError.self) { try await handler(reply, .sample(principal)) }
        #expect(error?.kind == .forbidden)
    }
}

@Suite struct FollowersTests {
    private let followers = Followers()
    private let id = ConversationID(CountingUUIDs().next())

    @Test func strangersAreNotShownTyping() throws {
        let follower = try followers.follow(id, contactID: Contact.ada.id)
        let typing = Typing(conversationID: id, active: true)
        followers.show(typing, by: .sample(id: "00000000-0000-7000-8000-0000000000bb"))
        #expect(follower.takeSignals().isEmpty)
        followers.show(typing, by: .service(.ai))
        #expect(follower.takeSignals() == [.typing(author: .assistant, active: true)])
    }

    @Test func onlyTheAssistantsWordsAreShown() throws {
        let follower = try followers.follow(id, contactID: Contact.ada.id)
        let delta = AnswerDelta(conversationID: id, text: "You ")
        followers.show(delta, by: .sample(role: .admin))
        followers.show(delta, by: .service(.ai))
        #expect(follower.takeSignals() == [.answerDelta(text: "You ")])
    }

    @Test func signalsAreBounded() throws {
        let follower = try followers.follow(id, contactID: Contact.ada.id)
        for _ in 0..<5000 { followers.show(AnswerDelta(conversationID: id, text: "x"), by: .service(.ai)) }
        #expect(follower.takeSignals().count == 1024)
    }

    @Test func changeRingsWhoeverFollowsAndNobodyElse() async throws {
        let follower = try followers.follow(id, contactID: Contact.ada.id)
        var rings = follower.rings.makeAsyncIterator()
        #expect(await rings.next() != nil)
        followers.changed(id)
        #expect(await rings.next() != nil)
        followers.leave(id, follower)
    }
}
