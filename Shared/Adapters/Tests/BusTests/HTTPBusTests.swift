import Contracts
import ContractsTesting
import Crypto
import FoundationEssentials
import Testing

@testable import HTTPBus

extension BusTests {
    /// What only a network can do to a message.
    @Suite struct HTTPBusTests {
        @Test func messageThatIsTooLargeIsRefusedAndTheNextOneArrives() async throws {
            try await withServers([.echoing { text, _ in "\(text.count)" }]) { addresses in
                try await withHTTPBus(to: addresses) { bus in
                    let large = String(repeating: "x", count: 33 << 20)
                    let error = await failure { try await bus.ask(Say(text: large), .sample()) }
                    #expect(error?.kind == .tooLarge)
                    let fits = String(large.prefix(31 << 20))
                    let answer = try await bus.ask(Say(text: fits), .sample())
                    #expect(answer == "\(31 << 20)")
                }
            }
        }

        @Test func answerThatIsTooLargeIsRefusedAndTheNextOneArrives() async throws {
            try await withServers([.echoing { text, _ in String(repeating: "x", count: Int(text)!) }]) {
                addresses in
                try await withHTTPBus(to: addresses) { bus in
                    let error = await failure { try await bus.ask(Say(text: "\(33 << 20)"), .sample()) }
                    #expect(error?.kind == .tooLarge)
                    let answer = try await bus.ask(Say(text: "3"), .sample())
                    #expect(answer == "xxx")
                }
            }
        }

        // A body this large from somebody who doesn't keep to the limit on their own side.
        @Test func serverRefusesABodyThatIsTooLarge() async throws {
            try await withServers([.echoing { text, _ in text }]) { addresses in
                let token = try await token(for: Say(text: ""))
                let body = "{\"text\":\"" + String(repeating: "x", count: 33 << 20) + "\"}"
                let answer = await post(body, to: Say.name, token: token, at: addresses)
                #expect(answer.hasPrefix("HTTP/1.1 413"))
                #expect(answer.contains("bus.message_too_large"))
            }
        }

        @Test func callerWithAnotherSecretIsRefused() async throws {
            let calls = Record<String>()
            try await withServers([.echoing(noting: calls)]) { addresses in
                try await withHTTPBus(to: addresses, secret: "another secret, 32 characters or more") { bus in
                    let errors = await [
                        failure { try await bus.ask(Say(text: ""), .sample()) },
                        failure { try await bus.subscriptions(of: .chat) },
                        failure { try await bus.deliver([], to: .chat) },
                        failure { try await bus.stream(SaySlowly(), .sample()) { _ in } },
                    ]
                    for error in errors {
                        // To whoever asked it is an outage: their own sign-in isn't at fault.
                        #expect(error?.kind == .unavailable)
                        #expect(error?.code == "bus.untrusted_caller")
                    }
                }
                let answer = await post("{\"text\":\"\"}", to: Say.name, token: nil, at: addresses)
                #expect(answer.hasPrefix("HTTP/1.1 401"))
                #expect(calls.items.isEmpty)
            }
        }

        @Test(arguments: [-50, 50]) func clocksMayDisagreeALittle(offsetSeconds: Int) async throws {
            try await withServers([.echoing { text, _ in text }]) { addresses in
                try await withHTTPBus(to: addresses, now: { .systemNow() + .seconds(offsetSeconds) }) { bus in
                    let answer = try await bus.ask(Say(text: "hello"), .sample())
                    #expect(answer == "hello")
                }
            }
        }

        @Test(arguments: [-70, 70]) func oldSignatureIsRefused(offsetSeconds: Int) async throws {
            try await withServers([.echoing { text, _ in text }]) { addresses in
                try await withHTTPBus(to: addresses, now: { .systemNow() + .seconds(offsetSeconds) }) { bus in
                    let error = await failure { try await bus.ask(Say(text: "hello"), .sample()) }
                    #expect(error?.code == "bus.untrusted_caller")
                }
            }
        }

        @Test func signatureOfOneMessageIsNoneOfAnotherOrOfAnotherBody() async throws {
            let calls = Record<String>()
            var table = HandlerTable.echoing(noting: calls)
            table.handle(Shout.self) { _, _ in
                calls.append("shout")
                return ""
            }
            try await withServers([table]) { addresses in
                let token = try await token(for: Say(text: ""))
                let answer = await post("{\"text\":\"\"}", to: Shout.name, token: token, at: addresses)
                #expect(answer.hasPrefix("HTTP/1.1 401"))
                #expect(calls.items.isEmpty)
                let tampered = await post("{\"text\":\"more\"}", to: Say.name, token: token, at: addresses)
                #expect(tampered.hasPrefix("HTTP/1.1 401"))
                #expect(calls.items.isEmpty)
                let allowed = await post("{\"text\":\"\"}", to: Say.name, token: token, at: addresses)
                #expect(allowed.hasPrefix("HTTP/1.1 200"))
                #expect(calls.items == [""])
            }
        }

        @Test func tamperedContextIsRefused() async throws {
            try await withServers([.echoing { text, _ in text }]) { addresses in
                let token = try await token(for: Say(text: ""))
                let parts = token.split(separator: " ")[1].split(separator: ".")
                let context = try #require(Data(base64Encoded: String(parts[0])))
                let forged = String(decoding: context, as: UTF8.self).replacing("customer", with: "admin")
                for forgery in [
                    "Frontdesk \(Data(forged.utf8).base64EncodedString()).\(parts[1])",
                    "Frontdesk \(parts[0])", "Frontdesk \(parts[0]).", "Frontdesk .\(parts[1])", "Frontdesk ",
                    "Bearer x",
                ] {
                    let answer = await post("{\"text\":\"\"}", to: Say.name, token: forgery, at: addresses)
                    #expect(answer.hasPrefix("HTTP/1.1 401"), "\(forgery)")
                }
            }
        }

        @Test(arguments: ["{\"text\":", "", "[]", "{\"text\":7}", "{\"text\":\"\u{1}\"}"])
        func brokenBodyIsMalformed(body: String) async throws {
            let calls = Record<String>()
            try await withServers([.echoing(noting: calls)]) { addresses in
                let context = SignedContext(.sample(), for: Say.name, body: Data(body.utf8), now: .systemNow())
                let token = context.header(key: SymmetricKey(data: Data(secret.utf8)))
                let answer = await post(body, to: Say.name, token: token, at: addresses)
                #expect(answer.hasPrefix("HTTP/1.1 400"))
                #expect(answer.contains("bus.malformed_message"))
                #expect(calls.items.isEmpty)
            }
        }
    }
}

// MARK: - What is said

struct Say: Query {
    static let name = "chat.say.v1"
    typealias Response = String
    let text: String
}

struct Shout: Query {
    static let name = "chat.shout.v1"
    typealias Response = String
}

struct SaySlowly: Contracts.Stream {
    static let name = "chat.say_slowly.v1"
    typealias Element = String
}

struct Wink: Signal {
    static let name = "chat.wink.v1"
    let number: Int
}

extension HandlerTable {
    static func echoing(_ answer: @escaping @Sendable (String, MessageContext) async throws -> String)
        -> HandlerTable
    {
        var table = HandlerTable(service: .chat)
        table.handle(Say.self) { try await answer($0.text, $1) }
        return table
    }

    static func echoing(noting calls: Record<String>) -> HandlerTable {
        echoing { text, _ in
            calls.append(text)
            return text
        }
    }
}

// MARK: - By hand

/// The Authorization header that a proper bus sends with a message.
func token(for message: Say) async throws -> String {
    let heard = Record<String>()
    let server = RawServer { request, _ in heard.append(request) }
    defer { server.stop() }
    try await withHTTPBus(to: [.chat: server.address]) { bus in
        _ = try? await bus.ask(message, .sample())
    }
    try await within { try await heard.reaches(1) }
    let header = heard.items[0].firstMatch(of: /(?i)\r\nauthorization: ([^\r]*)/)
    return String(try #require(header).1)
}

/// - Returns: The whole answer, from `HTTP/1.1` on.
func post(_ body: String, to message: String, token: String?, at addresses: [ServiceName: String]) async
    -> String
{
    let connection = RawConnection(to: port(of: addresses[.chat]!))
    connection.send(
        """
        POST /bus/\(message) HTTP/1.1\r
        Host: chat\r
        Content-Type: application/json\r
        \(token.map { "Authorization: \($0)\r\n" } ?? "")Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """)
    return await connection.receive()
}

func port(of address: String) -> Int {
    Int(address.split(separator: ":").last!)!
}
