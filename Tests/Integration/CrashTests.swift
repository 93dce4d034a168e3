import Contracts
import ContractsTesting
import FoundationEssentials
import Glibc
import Testing

extension WholeSystem {
    /// Whatever was acknowledged outlives the process.
    @Suite struct CrashTests {
        private static let rounds = 20
        private static let writers = 4

        @Test func noAcknowledgedMessageIsLostWhenTheProcessIsKilledTwentyTimes() async throws {
            try await withTemporaryFolder { folder in
                var settings = ExecutableTests.settings(folder)
                let port = FreePort.next()
                settings["FRONTDESK_HTTP_PORT"] = "\(port)"
                let host = Host(port: port)
                var random = SplitMix64(state: 20_260_301)
                let acknowledged = Record<MessageView>()
                var desks: [Desk] = []

                for round in 0..<Self.rounds {
                    // Also right after the start, when what the crash before left behind is being taken up.
                    let target = acknowledged.items.count + Int.random(in: 0...40, using: &random)
                    let yields = Int.random(in: 0...400, using: &random)
                    try await Executable.run("frontdesk", ["serve"], settings) { process in
                        _ = try await process.host()
                        if round == 0 {
                            try await host.admin().importArticles(HelpCentre.articles)
                            for _ in 0..<Self.writers { desks.append(try await Desk(at: host)) }
                        }
                        try await Self.load(desks, acknowledged, round: round) {
                            guard acknowledged.items.count >= target else { return }
                            for _ in 0..<yields { await Task.yield() }
                            process.kill(SIGKILL)
                        }
                        #expect(try await process.end() == .killed(signal: SIGKILL))
                    }
                }

                let (visits, kept) = (desks, acknowledged.items)
                #expect(kept.count >= Self.rounds)
                try await Executable.run("frontdesk", ["serve"], settings) { process in
                    _ = try await process.host()
                    try await Deadline.enforce(Deadline(in: .seconds(60))) {
                        var questions = 0
                        for desk in visits {
                            let own = kept.filter { $0.conversationID == desk.conversation }
                            questions += try await desk.expectAllOf(own)
                        }
                        let (admin, expected) = (try await host.admin(), questions)
                        let isCounted = try await eventually(host) {
                            let overview = try await admin.overview()
                            return overview.messagesFromContacts == expected
                                && overview.messagesFromAssistant == expected
                                && overview.questionsAnswered + overview.questionsDeclined == expected
                        }
                        let overview = try await admin.overview()
                        #expect(isCounted, "\(expected): \(overview)")
                        // Nothing was answered a second time meanwhile.
                        for desk in visits { _ = try await desk.expectOneReplyEach() }
                    }
                    process.kill(SIGTERM)
                    #expect(try await process.end() == .exited(0))
                }
            }
        }

        /// All of them write at once, until their requests fail.
        private static func load(
            _ desks: [Desk], _ acknowledged: Record<MessageView>, round: Int,
            afterEach: @escaping @Sendable () async -> Void
        ) async throws {
            await withTaskGroup(of: Void.self) { group in
                for desk in desks {
                    group.addTask {
                        await afterEach()
                        for number in 0... {
                            guard let message = try? await desk.ask(round: round, number: number) else {
                                return
                            }
                            acknowledged.append(message)
                            await afterEach()
                        }
                    }
                }
            }
        }

        /// A visitor in a conversation of their own.
        private struct Desk: Sendable {
            let visitor: API
            let conversation: ConversationID

            init(at host: Host) async throws {
                visitor = try await host.visitor()
                conversation = try await visitor.start().id
            }

            func ask(round: Int, number: Int) async throws -> MessageView {
                let question = [HelpCentre.otherQuestion, HelpCentre.unanswerable, "Hello"][number % 3]
                return try await visitor.say("\(question) (\(round).\(number))", in: conversation)
            }

            /// - Returns: How many questions there are, with those that were stored but not acknowledged.
            func expectAllOf(_ acknowledged: [MessageView]) async throws -> Int {
                let stored = try await visitor.messages(in: conversation)
                let byID = Dictionary(uniqueKeysWithValues: stored.map { ($0.id, $0) })
                for message in acknowledged { #expect(byID[message.id] == message) }
                let questions = stored.filter { $0.author.kind == .contact }.count
                let items = try await LiveSocket.open(as: visitor) { socket in
                    try await socket.resume(conversation, after: 0)
                    var replies = 0
                    guard questions > 0 else { return try await socket.items(1) }
                    return try await socket.frames { frame in
                        if frame.message?.author.kind == .assistant { replies += 1 }
                        return replies == questions
                    }.filter { $0.seq != nil }
                }
                #expect(items.map(\.seq) == (1...Int64(items.count)).map { $0 })
                return questions
            }

            func expectOneReplyEach() async throws {
                let stored = try await visitor.messages(in: conversation)
                let replies = stored.filter { $0.author.kind == .assistant }.count
                #expect(stored.count == 2 * replies)
                #expect(stored.map(\.sequence) == (0..<stored.count).map { Int64($0 + 2) })
            }
        }
    }
}

/// Sebastiano Vigna's SplitMix64: the same numbers from the same seed.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
