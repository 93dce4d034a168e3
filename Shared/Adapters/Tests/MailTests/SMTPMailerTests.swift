import Contracts
import Logging
import Testing

@testable import Mail

@Suite struct SMTPMailerTests {
    private func mailer(port: Int, requiresTLS: Bool = false) throws -> SMTPMailer {
        let configuration = try SMTPConfiguration(
            url: "smtp://127.0.0.1:\(port)", sender: .sample(), requiresTLS: requiresTLS)
        return SMTPMailer(configuration: configuration, logger: Logger(label: "test"))
    }

    /// Sends one mail to a server that answers so.
    private func outcome(_ replies: [String: String], requiresTLS: Bool = false) async throws -> String {
        let server = ScriptedSMTPServer(replies: replies)
        defer { server.stop() }
        let mailer = try mailer(port: server.port, requiresTLS: requiresTLS)
        let error = await serviceError { try await mailer.send(.sample()) }
        return error.map { "\($0.kind) \($0.code)" } ?? "sent"
    }

    @Test func dialogueNamesSenderRecipientAndSize() async throws {
        let server = ScriptedSMTPServer(replies: ["EHLO": "250-test\r\n250 SIZE 100000"])
        defer { server.stop() }
        try await mailer(port: server.port).send(.sample())
        let size = try InternetMessage(.sample(), from: .sample()).bytes.count
        #expect(
            server.lines.prefix(4) == [
                "EHLO example.com", "MAIL FROM:<help@example.com> SIZE=\(size)", "RCPT TO:<ada@example.com>",
                "DATA",
            ])
    }

    // Every mail has to get through unchanged, whatever its lines begin with: this is what shows that
    // libcurl doubles the dots, also those at the edges of its buffers.
    @Test func dotsThatBeginLinesAreDoubledOnTheWire() async throws {
        let server = ScriptedSMTPServer()
        defer { server.stop() }
        let text = ".\n..\n.dot\n" + String(repeating: ".\n", count: 70_000)
        try await mailer(port: server.port).send(.sample(text: text))
        let body = server.lines.drop { $0 != "" }.dropFirst().prefix { $0 != "." }
        #expect(body.prefix(3) == ["..", "...", "..dot"])
        #expect(body.dropFirst(3).allSatisfy { $0 == ".." })
        #expect(body.count == 70_003)
    }

    @Test func refusedRecipientIsFinal() async throws {
        #expect(try await outcome(["RCPT": "550 5.1.1 no such user"]) == "invalid mail.recipient_refused")
    }

    @Test func errorDoesNotRepeatTheServersWords() async throws {
        let server = ScriptedSMTPServer(replies: ["RCPT": "550 no ada@example.com here"])
        defer { server.stop() }
        let error = await serviceError { try await mailer(port: server.port).send(.sample()) }
        #expect(error?.message.contains("550") == true)
        #expect(error?.message.contains("ada") == false)
    }

    @Test func greylistedRecipientIsTriedAgain() async throws {
        #expect(try await outcome(["RCPT": "450 4.7.1 come back later"]) == "unavailable mail.unavailable")
    }

    @Test func refusedMailIsFinal() async throws {
        #expect(try await outcome([".": "554 5.6.0 not wanted"]) == "invalid mail.message_refused")
    }

    @Test func refusedSenderIsTriedAgain() async throws {
        #expect(try await outcome(["MAIL": "553 not yours"]) == "unavailable mail.sender_refused")
    }

    @Test func serverThatWantsALoginSaysSo() async throws {
        #expect(try await outcome(["MAIL": "530 5.7.0 log in first"]) == "unavailable mail.login_refused")
    }

    @Test func busyServerIsTriedAgain() async throws {
        #expect(try await outcome(["connect": "421 too busy"]) == "unavailable mail.unavailable")
    }

    @Test func serverWithoutTLSGetsNoMail() async throws {
        #expect(try await outcome([:], requiresTLS: true) == "unavailable mail.tls_failed")
    }

    @Test func serverThatIsDownFailsQuickly() async throws {
        let mailer = try mailer(port: ScriptedSMTPServer.closedPort())
        let start = ContinuousClock.now
        let error = await serviceError { try await mailer.send(.sample()) }
        #expect(error?.kind == .unavailable)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func tooManyWaitingMailsAreTurnedAway() async throws {
        let mailer = try mailer(port: ScriptedSMTPServer.closedPort())
        for _ in 0..<102 { try mailer.enter() }
        let error = await serviceError { try await mailer.send(.sample()) }
        #expect(error?.code == "mail.busy")
    }
}
