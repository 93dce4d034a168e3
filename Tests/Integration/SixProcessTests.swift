import Contracts
import FoundationEssentials
import Glibc
import Testing

extension WholeSystem {
    /// Six processes on one machine behave as one does, and outlive the loss of one of them.
    @Suite struct SixProcessTests {
        private static let services = ["user", "chat", "ai", "analytics", "notification", "gateway"]

        @Test func sixProcessesAnswerAndOutliveTheLossOfChat() async throws {
            try await withTemporaryFolder { folder in
                let settings = ExecutableTests.settings(folder).merging(HTTPBusSettings.make()) { _, bus in bus
                }
                try await Self.start(Self.services, settings) { processes in
                    let host = try await processes["gateway"]!.host()
                    let chat = processes["chat"]!
                    try await Deadline.enforce(Deadline(in: .seconds(90))) {
                        #expect(
                            try await eventually(host) { try await host.nobody.get("/readyz").status == 200 })
                        try await Self.outliveChat(chat, at: host, settings)
                    }
                    for service in Self.services.reversed() where service != "chat" {
                        processes[service]!.kill(SIGTERM)
                        #expect(
                            try await processes[service]!.end() == .exited(0),
                            "\(service): \(processes[service]!.text)")
                    }
                }
            }
        }

        private static func outliveChat(_ chat: Executable, at host: Host, _ settings: [String: String])
            async throws
        {
            let (visitor, admin) = (try await host.visitor("Kim"), try await host.admin())
            try await admin.importArticles(HelpCentre.articles)
            let conversation = try await visitor.start(subject: "Delivery")
            try await LiveSocket.open(as: visitor) { socket in
                try await socket.resume(conversation.id, after: 0)
                _ = try await socket.items(1)
                _ = try await visitor.say(HelpCentre.question, in: conversation.id)
                let exchange = try await Exchange(following: socket)
                let answer = try #require(exchange.reply)
                #expect(exchange.items.map(\.seq) == [2, 3] && exchange.deltas == answer.content)
                #expect(answer.citations.first?.title == "Shipping to Switzerland")

                chat.kill(SIGKILL)
                try await chat.end()
                let path = "/v1/conversations/\(conversation.id)/messages"
                let refused = try await visitor.post(path, ["content": "Are you there?"])
                try refused.problem(503, "bus.service_unreachable")
                #expect(refused.header("retry-after").flatMap { Int($0) } != nil)
                // The rest goes on.
                _ = try await visitor.post("/v1/ai/answers", ["question": .string(HelpCentre.question)])
                    .expecting(
                        200)
                #expect(try await host.nobody.get("/readyz").status == 503)
                #expect(try await host.nobody.get("/healthz").status == 200)

                try await Executable.run("frontdesk-chat", [], settings) { again in
                    _ = try await again.line(with: "is ready")
                    // Said before the gateway has come back to the feed, or after: it comes once either way.
                    for number in 1...3 { _ = try await admin.say("Missed \(number)", in: conversation.id) }
                    _ = try await visitor.say(HelpCentre.otherQuestion, in: conversation.id)
                    let items = try await socket.items(5)
                    #expect(items.map(\.seq) == [4, 5, 6, 7, 8])
                    #expect(
                        items.prefix(3).compactMap(\.message?.content) == ["Missed 1", "Missed 2", "Missed 3"])
                    #expect(items.last?.message?.author == .assistant)
                    #expect(items.last?.message?.content.contains("never expire") == true)
                    let counts = try await eventually(host) {
                        try await admin.overview().messagesFromAssistant == 2
                    }
                    #expect(counts)
                    again.kill(SIGTERM)
                    #expect(try await again.end() == .exited(0), "\(again.text)")
                }
                // A Chat that went in peace is missed like one that was killed.
                try await Executable.run("frontdesk-chat", [], settings) { third in
                    _ = try await third.line(with: "is ready")
                    _ = try await admin.say("Still there?", in: conversation.id)
                    #expect(try await socket.items(1).map(\.seq) == [9])
                }
            }
        }

        /// Starts one after the other, and runs `body` when all are ready.
        private static func start(
            _ services: [String], _ settings: [String: String], _ running: [String: Executable] = [:],
            _ body: ([String: Executable]) async throws -> Void
        ) async throws {
            guard let service = services.first else { return try await body(running) }
            try await Executable.run("frontdesk-\(service)", [], settings) { process in
                _ = try await process.line(with: "is ready")
                var running = running
                running[service] = process
                try await start(Array(services.dropFirst()), settings, running, body)
            }
        }
    }
}
