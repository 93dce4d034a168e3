import Contracts
import FoundationEssentials
import NIOHTTP1
import Testing

extension WholeSystem {
    /// The main job: a visitor asks, and sees the answer with its citations arrive.
    @Suite struct QuestionTests {
        @Test(arguments: Deployment.available)
        func visitorSeesTheAnswerArriveWithItsCitations(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                try await site.admin().importArticles(HelpCentre.articles)
                let visitor = try await site.visitor("Kim")
                let conversation = try await visitor.start(subject: "Delivery")
                try await LiveSocket.open(as: visitor) { socket in
                    try await socket.resume(conversation.id, after: 0)
                    let started = try #require(try await socket.next())
                    #expect(started.type == "conversation.started" && started.seq == 1)
                    #expect(try started.data(ConversationView.self).subject == "Delivery")

                    let question = try await visitor.say(HelpCentre.question, in: conversation.id)
                    let exchange = try await Exchange(following: socket)
                    #expect(exchange.items.map(\.seq) == [2, 3])
                    #expect(exchange.items.first?.message == question)
                    #expect(exchange.types.first { $0 != "message.created" } == "typing.started")
                    #expect(exchange.typingAuthors == [.assistant])
                    let answer = try #require(exchange.reply)
                    #expect(answer.content.contains("4 to 6 business days"))
                    #expect(exchange.deltas == answer.content)
                    #expect(answer.citations.first?.title == "Shipping to Switzerland")
                    try await expectCitationsStandInTheirArticles(answer.citations, visitor)
                    #expect(try await visitor.messages(in: conversation.id) == [question, answer])
                }
            }
        }

        @Test(arguments: Deployment.available)
        func whatTheArticlesDontSayIsDeclined(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                try await site.admin().importArticles(HelpCentre.articles)
                let visitor = try await site.visitor()
                let conversation = try await visitor.start(HelpCentre.unanswerable)
                try await LiveSocket.open(as: visitor) { socket in
                    try await socket.resume(conversation.id, after: 0)
                    let items = try await socket.items(3)
                    #expect(items.map(\.seq) == [1, 2, 3])
                    let reply = try #require(items.last?.message)
                    #expect(reply.author == .assistant && reply.citations.isEmpty)
                    #expect(reply.content.contains("couldn't find"))
                }
            }
        }

        @Test(arguments: Deployment.available)
        func answersOutsideAConversationAreTheSameInJSONAndAsEvents(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                try await site.admin().importArticles(HelpCentre.articles)
                let visitor = try await site.visitor()
                for question in [HelpCentre.question, HelpCentre.otherQuestion, HelpCentre.unanswerable] {
                    let whole: AnswerView = try await visitor.post(
                        "/v1/ai/answers", ["question": .string(question)]
                    )
                    .expecting(200).decoded()
                    #expect(whole.abstained == (question == HelpCentre.unanswerable))
                    #expect(whole.citations.isEmpty == whole.abstained)
                    try await expectCitationsStandInTheirArticles(whole.citations, visitor)

                    let streamed = try await visitor.post(
                        "/v1/ai/answers", ["question": .string(question)],
                        headers: ["accept": "text/event-stream"]
                    ).expecting(200)
                    #expect(streamed.header("content-type") == "text/event-stream")
                    let events = try ServerEvent.parse(streamed.text)
                    #expect(try events.last?.decoded(AnswerView.self) == whole)
                    let words = try events.dropLast().map {
                        try $0.decoded([String: String].self)["text"] ?? "?"
                    }
                    #expect(words.count > 3 && words.joined() == whole.answer)
                    #expect(Set(events.map(\.name)) == ["delta", "answer"])
                }
            }
        }

        @Test(arguments: Deployment.available)
        func anArticleThatWasReplacedOrRemovedNoLongerAnswers(_ deployment: Deployment) async throws {
            try await Site.run(deployment) { site in
                let (admin, visitor) = (try await site.admin(), try await site.visitor())
                try await admin.importArticles(HelpCentre.articles)
                let article: ArticleView = try await admin.post(
                    "/v1/knowledge/articles",
                    [
                        "key": "shipping", "title": "Shipping to Switzerland",
                        "content": "A parcel to Switzerland takes 9 business days.",
                    ]
                ).expecting(201).decoded()
                let question: JSON = ["question": .string(HelpCentre.question)]
                let replaced: AnswerView = try await visitor.post("/v1/ai/answers", question).decoded()
                #expect(replaced.answer.contains("9 business days"))
                _ = try await admin.delete("/v1/knowledge/articles/\(article.id)").expecting(204)
                try await visitor.get("/v1/knowledge/articles/\(article.id)").problem(
                    404, "ai.article_not_found")
                let removed: AnswerView = try await visitor.post("/v1/ai/answers", question).decoded()
                #expect(!removed.answer.contains("9 business days"))
            }
        }

        @Test(.enabled(if: TestData.isThere), arguments: Deployment.available)
        func aBanksWholeHelpCentreAnswersItsCustomers(_ deployment: Deployment) async throws {
            let file = try TestData.read("knowledge/rho-bank-articles.jsonl")
            try await Site.run(deployment, limit: .seconds(120)) { site in
                let (admin, visitor) = (try await site.admin(), try await site.visitor())
                for expected in [
                    ImportArticles.Response(created: 698, updated: 0, unchanged: 0),
                    ImportArticles.Response(created: 0, updated: 0, unchanged: 698),
                ] {
                    let done: ImportArticles.Response = try await admin.send(
                        .POST, "/v1/knowledge/imports", file, ["content-type": "application/x-ndjson"]
                    ).expecting(200).decoded()
                    #expect(done == expected)
                }
                let list: [ArticleSummary] = try await visitor.all("/v1/knowledge/articles?")
                #expect(list.count == 698 && Set(list.map(\.id)).count == 698)

                for question in [
                    "What are the eligibility requirements for opening a personal checking account?",
                    "How old must a customer be to open a personal checking account?",
                    "How many personal savings accounts can a customer have?",
                ] {
                    let conversation = try await visitor.start(question)
                    try await LiveSocket.open(as: visitor) { socket in
                        try await socket.resume(conversation.id, after: 0)
                        let items = try await socket.items(3)
                        #expect(items.map(\.seq) == [1, 2, 3])
                        let answer = try #require(items.last?.message)
                        #expect(!answer.citations.isEmpty, "\(question): \(answer.content)")
                        try await expectCitationsStandInTheirArticles(answer.citations, visitor)
                    }
                }
                for question in [HelpCentre.unanswerable, "How do I bake sourdough bread at high altitude?"] {
                    let answer: AnswerView = try await visitor.post(
                        "/v1/ai/answers", ["question": .string(question)]
                    )
                    .decoded()
                    #expect(answer.abstained && answer.citations.isEmpty, "\(question): \(answer.answer)")
                }
            }
        }

        private func expectCitationsStandInTheirArticles(_ citations: [Citation], _ reader: API) async throws {
            for citation in citations {
                let article = try await reader.article(citation.articleID)
                #expect(article.title == citation.title && article.url == citation.url)
                #expect(!citation.quote.isEmpty)
                #expect(Array(article.content.utf8).holds(Array(citation.quote.utf8)), "\(citation.quote)")
            }
        }
    }
}

/// What a follower sees from a question to the end of the assistant's typing.
struct Exchange {
    let frames: [Frame]

    /// Signals promise no order towards numbered items, so both ends are awaited.
    init(following socket: LiveSocket) async throws {
        var (isAnswered, isQuiet) = (false, false)
        frames = try await socket.frames { frame in
            isAnswered = isAnswered || frame.message?.author.kind == .assistant
            isQuiet = isQuiet || frame.type == "typing.stopped"
            return isAnswered && isQuiet
        }
    }

    var items: [Frame] { frames.filter { $0.seq != nil } }
    var types: [String] { frames.map(\.type) }
    var reply: MessageView? { items.compactMap(\.message).last { $0.author.kind == .assistant } }
    var deltas: String { frames.compactMap(\.delta).joined() }

    var typingAuthors: Set<Author> {
        Set(frames.filter { $0.type == "typing.started" }.compactMap { try? $0.data(Typing.self).author })
    }

    private struct Typing: Decodable {
        let author: Author
    }
}

/// One server-sent event.
struct ServerEvent {
    let name: String
    private let data: Data

    static func parse(_ text: String) throws -> [ServerEvent] {
        try text.split(separator: "\n\n").map { block in
            let lines = block.split(separator: "\n")
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: ") else {
                throw HarnessError("Not an event: \(block)")
            }
            return ServerEvent(name: String(lines[0].dropFirst(7)), data: Data(lines[1].dropFirst(6).utf8))
        }
    }

    func decoded<Value: Decodable>(_: Value.Type) throws -> Value {
        try JSONDecoder().decode(Value.self, from: data)
    }
}

extension [UInt8] {
    /// Whether `other` stands in here, byte for byte; strings compare by canonical equivalence.
    func holds(_ other: [UInt8]) -> Bool {
        guard other.count <= count else { return false }
        return (0...(count - other.count)).contains { self[$0...].starts(with: other) }
    }
}
