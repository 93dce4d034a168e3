import Contracts
import FoundationEssentials
import Testing

extension WholeSystem {
    /// Conversations from the first word to the transcript.
    @Suite struct ConversationTests {
        @Test(arguments: Deployment.available)
        func aRepeatedRequestTakesEffectOnce(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let (visitor, other, admin) = (
                    try await site.visitor(), try await site.visitor(), try await site.admin()
                )
                let key = ["idempotency-key": "start-1"]
                let body: JSON = ["subject": "Once", "message": "Hello there!"]
                let first: ConversationView = try await visitor.post("/v1/conversations", body, headers: key)
                    .expecting(201).decoded()
                let second: ConversationView = try await visitor.post("/v1/conversations", body, headers: key)
                    .expecting(201).decoded()
                #expect(second.id == first.id)
                try await visitor.post("/v1/conversations", body.with("subject", "Other"), headers: key)
                    .problem(422, "idempotency.key_reused")
                try await visitor.post("/v1/conversations", body.with("message", "Other"), headers: key)
                    .problem(422, "idempotency.key_reused")
                // Somebody else may happen on the same key.
                let others: ConversationView = try await other.post("/v1/conversations", body, headers: key)
                    .decoded()
                #expect(others.id != first.id)
                #expect(
                    try await visitor.all("/v1/conversations?", ConversationView.self).map(\.id) == [first.id])

                let path = "/v1/conversations/\(first.id)/messages"
                let sendKey = ["idempotency-key": "send-1"]
                let replies = try await withThrowingTaskGroup(of: MessageView.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            try await visitor.post(path, ["content": "Just once"], headers: sendKey).expecting(
                                201
                            )
                            .decoded()
                        }
                    }
                    return try await group.reduce(into: [MessageView]()) { $0.append($1) }
                }
                #expect(Set(replies).count == 1)
                try await visitor.post(path, ["content": "Something else"], headers: sendKey)
                    .problem(422, "idempotency.key_reused")
                _ = try await admin.post(path, ["content": "An agent's own"], headers: sendKey).expecting(201)
                for bad in ["two words", String(repeating: "k", count: 256)] {
                    try await visitor.post(path, ["content": "x"], headers: ["idempotency-key": bad])
                        .problem(422, "invalid_request", field: "Idempotency-Key", fieldCode: "invalid_value")
                }
                let contents = try await visitor.messages(in: first.id).filter { $0.author.kind != .assistant }
                    .map(
                        \.content)
                #expect(contents == ["Hello there!", "Just once", "An agent's own"])
            }
        }

        @Test(arguments: Deployment.available)
        func listsComeInPagesWithoutGapsOrDoubles(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let (visitor, admin) = (try await site.visitor(), try await site.admin())
                var started: [ConversationID] = []
                for number in 1...7 { started.append(try await visitor.start(subject: "Number \(number)").id) }
                let list: [ConversationView] = try await visitor.all("/v1/conversations?", pageSize: 3)
                #expect(list.map(\.id) == started.reversed())
                let page: Page<ConversationView> = try await visitor.get("/v1/conversations?limit=3").decoded()
                #expect(page.data.count == 3 && page.nextCursor != nil)
                #expect(
                    try await admin.all("/v1/conversations?", ConversationView.self, pageSize: 2).count == 7)
                #expect(try await site.visitor().all("/v1/conversations?", ConversationView.self).isEmpty)

                for number in 1...8 { _ = try await admin.say("Line \(number)", in: started[0]) }
                let messages = try await visitor.messages(in: started[0], pageSize: 3)
                #expect(messages.map(\.content) == (1...8).map { "Line \($0)" })
                // The one that something happened in last comes first.
                let latest: Page<ConversationView> = try await visitor.get("/v1/conversations?limit=1")
                    .decoded()
                #expect(latest.data.first?.id == started[0] && latest.data.first?.messageCount == 8)

                _ = try await visitor.post("/v1/conversations/\(started[1])/end", [:]).expecting(200)
                let resolved: [ConversationView] = try await visitor.all("/v1/conversations?status=resolved&")
                #expect(resolved.map(\.id) == [started[1]])
                #expect(
                    try await visitor.all("/v1/conversations?status=open&", ConversationView.self).count == 6)
            }
        }

        @Test(arguments: Deployment.available)
        func anEndedConversationTakesNothingMoreAndMailsItsTranscript(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                try await site.admin().importArticles(HelpCentre.articles)
                let visitor = try await site.visitor("Kim")
                let conversation = try await visitor.start(HelpCentre.otherQuestion, subject: "Gift cards")
                try await LiveSocket.open(as: visitor) { socket in
                    try await socket.resume(conversation.id, after: 0)
                    _ = try await socket.items(3)
                    let path = "/v1/conversations/\(conversation.id)"
                    let ended: ConversationView = try await visitor.post(
                        path + "/end", ["email": "kim@mail.example"]
                    )
                    .expecting(200).decoded()
                    #expect(ended.status == .resolved && ended.endedAt != nil && ended.lastSequence == 4)
                    let last = try #require(try await socket.items(1).first)
                    #expect(last.type == "conversation.status_changed" && last.seq == 4)
                    try await visitor.post(path + "/messages", ["content": "One more thing"])
                        .problem(409, "chat.conversation_resolved")
                    try await visitor.post(path + "/end", [:]).problem(409, "chat.conversation_resolved")
                }
                #expect(try await eventually(site.host) { !site.mails().isEmpty })
                let mails = site.mails()
                #expect(mails.count == 1)
                let mail = try #require(mails.first)
                #expect(mail.contains("\r\nTo: kim@mail.example\r\n") && mail.contains("About: Gift cards"))
                for message in try await visitor.messages(in: conversation.id) {
                    let beginning = message.content.prefix(40)
                    #expect(mail.contains(beginning), "\(beginning) isn't in: \(mail)")
                }
            }
        }

        @Test(arguments: Deployment.available)
        func theOverviewCountsWhatHappened(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let (visitor, admin) = (try await site.visitor(), try await site.admin())
                try await admin.importArticles(HelpCentre.articles)
                let questions = [HelpCentre.question, HelpCentre.unanswerable, HelpCentre.otherQuestion]
                for (index, question) in questions.enumerated() {
                    let conversation = try await visitor.start(question)
                    try await LiveSocket.open(as: visitor) { socket in
                        try await socket.resume(conversation.id, after: 0)
                        _ = try await socket.items(3)
                    }
                    _ = try await admin.say("A person was here.", in: conversation.id)
                    if index == 0 {
                        _ = try await visitor.post("/v1/conversations/\(conversation.id)/end", [:]).expecting(
                            200)
                    }
                }
                let expected = AnalyticsOverview.Response(
                    conversationsStarted: 3, conversationsEnded: 1, messagesFromContacts: 3,
                    messagesFromAgents: 3,
                    messagesFromAssistant: 3, questionsAnswered: 2, questionsDeclined: 1)
                let isRight = try await eventually(site.host) { try await admin.overview() == expected }
                let overview = try await admin.overview()
                #expect(isRight && overview == expected)
            }
        }
    }
}

extension Site {
    /// What the outbox folder holds.
    func mails() -> [String] {
        let outbox = "\(folder)/outbox"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: outbox)) ?? []
        return names.filter { $0.hasSuffix(".eml") }.compactMap { name in
            (try? Data(contentsOf: URL(filePath: "\(outbox)/\(name)"))).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }
}
