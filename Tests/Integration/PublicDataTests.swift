import Contracts
import FoundationEssentials
import NIOHTTP1
import Testing

extension WholeSystem {
    /// The JSON test suite as bodies and the naughty strings as messages.
    @Suite(.enabled(if: TestData.isThere)) struct PublicDataTests {
        /// Documents that a route may take all the same, with the reason.
        private static let exceptions: [String: String] = [
            "n_structure_no_data.json":
                "An empty body counts as {}, so that routes without required fields take it."
        ]

        @Test(arguments: Deployment.available)
        func everyDocumentOfTheJSONTestSuiteIsTakenOrRefusedAsItShould(_ deployment: Deployment) async throws {
            let names = try TestData.names(in: "security/json-parsing")
            #expect(names.count == 318)
            try await Site.run(deployment, limit: .seconds(120)) { site in
                let visitor = try await site.visitor()
                let conversation = try await visitor.start()
                for path in ["/v1/conversations", "/v1/conversations/\(conversation.id)/messages"] {
                    for name in names {
                        let reply = try await visitor.send(
                            .POST, path, TestData.read("security/json-parsing/\(name)"))
                        #expect(reply.status < 500, "\(path) \(name): \(reply.text)")
                        switch name.prefix(2) {
                        case _ where Self.exceptions[name] != nil: #expect([201, 422].contains(reply.status))
                        case "n_":
                            let isRefused =
                                reply.status == 400
                                && (reply.text.contains("malformed_json")
                                    || reply.text.contains("invalid_utf8"))
                            #expect(isRefused, "\(path) \(name): \(reply.status) \(reply.text)")
                        case "y_":
                            #expect(
                                reply.status == 201 || reply.status == 422, "\(path) \(name): \(reply.text)")
                        default: break
                        }
                        if reply.status != 201 {
                            try reply.problem(reply.status, code(of: reply), comment: name)
                        }
                    }
                }
            }
        }

        @Test(arguments: Deployment.available)
        func everyNaughtyStringComesBackByteForByte(_ deployment: Deployment) async throws {
            let strings = try JSONDecoder().decode(
                [String].self, from: TestData.read("security/naughty-strings.json"))
            #expect(strings.count == 515)
            try await Site.run(deployment, limit: .seconds(120)) { site in
                let visitor = try await site.visitor()
                try await site.admin().importArticles(HelpCentre.articles)
                let conversation = try await visitor.start()
                var sent: [MessageView] = []
                for string in strings {
                    let reply = try await visitor.post(
                        "/v1/conversations/\(conversation.id)/messages", ["content": .string(string)])
                    guard !string.isEmpty else {
                        try reply.problem(422, "invalid_request", field: "content", fieldCode: "required")
                        continue
                    }
                    let message: MessageView = try reply.expecting(201).decoded()
                    #expect(Array(message.content.utf8) == Array(string.utf8))
                    sent.append(message)
                }
                let contents = strings.filter { !$0.isEmpty }.map { Array($0.utf8) }
                // The assistant answers each of them, once.
                let total = 1 + 2 * contents.count
                let expectedTotal = total
                let items = try await LiveSocket.open(as: visitor) { socket in
                    try await socket.resume(conversation.id, after: 0)
                    return try await socket.items(expectedTotal)
                }
                #expect(items.map(\.seq) == (1...Int64(total)).map { $0 })
                let seen = items.compactMap(\.message)
                #expect(seen.filter { $0.author.kind == .contact }.map { Array($0.content.utf8) } == contents)
                #expect(seen.filter { $0.author.kind == .assistant }.count == contents.count)
                let listed = try await visitor.messages(in: conversation.id)
                #expect(listed.filter { $0.author.kind == .contact } == sent)
                #expect(listed.filter { $0.author.kind == .contact }.map { Array($0.content.utf8) } == contents)
                #expect(listed == seen)
            }
        }

        private func code(of reply: Reply) throws -> String {
            try JSONDecoder().decode(ProblemDocument.self, from: reply.body).code
        }
    }
}
