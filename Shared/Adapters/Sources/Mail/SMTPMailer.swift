import Contracts
import Logging
import NIOPosix
import Synchronization

/// Hands mail to an SMTP server (RFC 5321) through libcurl, one connection a mail.
///
/// libcurl blocks its thread, so it runs on two of its own; what can't be begun waits, up to a limit. A
/// mail on its way isn't cut off when its task is cancelled, since nobody could tell whether it had been
/// accepted; it takes 15 seconds at most.
public final class SMTPMailer: Mailer {
    static let threadCount = 2
    static let maximumWaiting = 100

    private let configuration: SMTPConfiguration
    private let logger: Logger
    private let threads = NIOThreadPool(numberOfThreads: threadCount)
    /// Mails waiting or on their way.
    private let accepted = Mutex(0)

    public init(configuration: SMTPConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        threads.start()
    }

    deinit {
        threads.shutdownGracefully { _ in }
    }

    /// - Throws: `.unavailable` with code `mail.busy` (too many wait), `mail.login_refused`,
    ///   `mail.sender_refused`, `mail.tls_failed` or `mail.unavailable`; `.invalid` with code
    ///   `mail.recipient_refused`, `mail.message_refused` or `mail.invalid_id`.
    public func send(_ mail: Mail) async throws {
        let message = try InternetMessage(mail, from: configuration.sender)
        try enter()
        defer { accepted.withLock { $0 -= 1 } }
        let outcome = try await threads.runIfActive { [configuration] in
            SMTPTransfer(message.bytes, to: mail.to, configuration).run()
        }
        guard let error = outcome.error else { return }
        if error.code == "mail.login_refused" {
            // Every mail waits until a person corrects it, so it must be found in the log.
            logger.error(
                "The mail server refused the login; check user and password",
                metadata: ["smtp.server": "\(configuration.server)", "smtp.reply": "\(outcome.reply)"]
            )
        }
        throw error
    }

    func enter() throws(ServiceError) {
        let isAccepted = accepted.withLock { count in
            guard count < Self.threadCount + Self.maximumWaiting else { return false }
            count += 1
            return true
        }
        guard isAccepted else {
            throw ServiceError(
                .unavailable, code: "mail.busy", "Too many mails wait for the mail server. Try again later.",
                retryAfterSeconds: 15
            )
        }
    }
}
