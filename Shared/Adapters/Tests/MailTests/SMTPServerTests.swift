import Contracts
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import Mail

/// What a real server needs to be tested against; `scripts/test` starts one.
private struct ServerSettings {
    /// `smtp://localhost:2525`; wants STARTTLS, and user `u` with password `p`.
    let url: String
    /// Its certificate authority, in PEM.
    let ca: String
    /// Where it keeps what arrives, an `.eml` each.
    let folder: String

    static let current: ServerSettings? = {
        let environment = ProcessInfo.processInfo.environment
        guard let url = environment["FRONTDESK_TEST_SMTP_URL"], let ca = environment["FRONTDESK_TEST_SMTP_CA"],
            let folder = environment["FRONTDESK_TEST_SMTP_FOLDER"]
        else { return nil }
        return ServerSettings(url: url, ca: ca, folder: folder)
    }()
}

/// Against a real mail server. One after another: what arrives is found by its subject.
@Suite(
    .enabled(
        if: ServerSettings.current != nil,
        "Set FRONTDESK_TEST_SMTP_URL, FRONTDESK_TEST_SMTP_CA and FRONTDESK_TEST_SMTP_FOLDER."),
    .serialized
)
struct SMTPServerTests {
    private let settings = ServerSettings.current!

    private func mailer(password: String = "p", trustingCA: Bool = true, logger: Logger? = nil) throws
        -> SMTPMailer
    {
        let configuration = try SMTPConfiguration(
            url: settings.url, sender: .sample(name: "Käse & Co"), user: "u", password: password,
            caFile: trustingCA ? settings.ca : nil)
        return SMTPMailer(configuration: configuration, logger: logger ?? Logger(label: "test"))
    }

    /// The message with this ID that arrived.
    private func received(_ id: String) throws -> ReceivedMessage? {
        try FileManager.default.contentsOfDirectory(atPath: settings.folder)
            .filter { $0.hasSuffix(".eml") }
            .map { ReceivedMessage(Array(try Data(contentsOf: URL(filePath: "\(settings.folder)/\($0)")))) }
            .first { $0.header("Message-ID") == "<\(id)@example.com>" }
    }

    private static let longText = String(repeating: "Line of a long text, with ümlauts.\n", count: 6000)

    @Test(arguments: [
        ("Plain", "Hello.\n"),
        ("Wo bleibt mein Päckchen? 📦", "Grüße\n"),
        (
            "Long lines",
            String(repeating: "word ", count: 2000) + "\n" + String(repeating: "x", count: 5000) + "\n"
        ),
        ("Dots", ".\n..\n.dot\n\n.\nafter\n"),
        ("ご注文", String(repeating: "お待ちください。\n", count: 300)),
        ("200 kB", longText),
    ])
    func mailArrivesAsItWasWritten(subject: String, text: String) async throws {
        let id = UUID().uuidString
        try await mailer().send(.sample(id: id, subject: subject, text: text))
        let message = try #require(try received(id))
        #expect(message.subject == subject)
        #expect(message.text == text)
        #expect(message.header("From") == "=?UTF-8?B?S8Okc2UgJiBDbw==?= <help@example.com>")
    }

    @Test(arguments: ["ädä@example.com", "ada@exämple.com"])
    func addressWithOtherLettersGetsItsMail(address: String) async throws {
        let id = UUID().uuidString
        try await mailer().send(.sample(id: id, to: address))
        #expect(try received(id)?.header("To") == address)
    }

    @Test func wrongPasswordIsLoggedAndTriedAgain() async throws {
        let id = UUID().uuidString
        let log = LogLines()
        let mailer = try mailer(password: "wrong-secret", logger: Logger(label: "test") { _ in log })
        let error = await serviceError { try await mailer.send(.sample(id: id)) }
        #expect(error?.kind == .unavailable)
        #expect(error?.code == "mail.login_refused")
        #expect(log.text.contains("refused the login"))
        #expect(!log.text.contains("wrong-secret"))
        #expect(try received(id) == nil)
    }

    @Test func serverWithoutTrustedCertificateGetsNothing() async throws {
        let id = UUID().uuidString
        let mailer = try mailer(trustingCA: false)
        let error = await serviceError { try await mailer.send(.sample(id: id)) }
        #expect(error?.code == "mail.tls_failed")
        #expect(try received(id) == nil)
    }

    @Test func manyMailsAtOnceAllArrive() async throws {
        let mailer = try mailer()
        let ids = (0..<20).map { _ in UUID().uuidString }
        try await withThrowingTaskGroup { group in
            for id in ids { group.addTask { try await mailer.send(.sample(id: id)) } }
            try await group.waitForAll()
        }
        for id in ids { #expect(try received(id) != nil) }
    }
}

/// Keeps what is logged.
// Safe: what is written is behind the mutex; the rest is set before a logger has it.
private final class LogLines: LogHandler, @unchecked Sendable {
    private let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
