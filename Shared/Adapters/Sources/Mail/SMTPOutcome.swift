import CCurl
import Contracts

/// How a dialogue with a mail server ended.
struct SMTPOutcome: Sendable {
    let result: CURLcode
    /// How far it had come: what the last reply was to.
    let stage: SMTPStage
    /// The server's last reply (RFC 5321, section 4.2); 0 when it said nothing.
    let reply: Int

    /// `nil` when the server has accepted the mail. Never says whom it was for.
    var error: ServiceError? {
        switch result {
        case CURLE_OK: nil
        case CURLE_USE_SSL_FAILED, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_SSL_CACERT_BADFILE:
            ServiceError(
                .unavailable, code: "mail.tls_failed",
                "No trusted TLS with the mail server (\(reason)). Check its certificate and the CA file."
            )
        // Also when the server offers no way to log in that we know.
        case CURLE_LOGIN_DENIED where reply / 100 != 4: loginRefused
        case _ where reply / 100 == 5 && !isTimeout: refusal
        default:
            ServiceError(
                .unavailable, code: "mail.unavailable",
                "The mail server couldn't take the mail (\(reason)). It is tried again later."
            )
        }
    }

    /// What a reply of 5xx, "don't try again as it is", means at this point.
    private var refusal: ServiceError {
        switch (stage, reply) {
        case (.login, _), (_, 530): loginRefused
        case (.recipient, _):
            ServiceError(
                .invalid, code: "mail.recipient_refused",
                "The mail server refused the recipient's address for good (\(reason))."
            )
        case (.content, _), (.sender, 552):
            // 552 to MAIL FROM: larger than the server takes (RFC 1870, section 6.1).
            ServiceError(
                .invalid, code: "mail.message_refused", "The mail server refused the mail for good (\(reason))."
            )
        case (.sender, _):
            ServiceError(
                .unavailable, code: "mail.sender_refused",
                "The mail server refused the sender's address (\(reason)). Check it in the settings."
            )
        case (.greeting, _):
            ServiceError(
                .unavailable, code: "mail.unavailable",
                "The mail server doesn't talk to us (\(reason)). It is tried again later."
            )
        }
    }

    private var loginRefused: ServiceError {
        ServiceError(
            .unavailable, code: "mail.login_refused",
            "The mail server refused the login (\(reason)). Check its user and password in the settings."
        )
    }

    /// The last reply was to something before; what came after it is unknown.
    private var isTimeout: Bool { result == CURLE_OPERATION_TIMEDOUT }

    private var reason: String {
        // Safe: a constant text for each code.
        let text = String(cString: curl_easy_strerror(result))
        return reply < 400 ? text : "reply \(reply)"
    }
}

/// The steps of a dialogue by the client's last command.
enum SMTPStage: Sendable {
    case greeting, login, sender, recipient, content

    /// - Parameter line: A command, or anything else that the client sends.
    /// - Returns: `nil` when it isn't one that begins a step. The space or line break after the verb
    ///   matters: a line of a login is base64, which has neither.
    init?(command line: some Collection<UInt8>) {
        func begins(with verb: String) -> Bool { line.starts(with: verb.utf8) }
        if begins(with: "AUTH ") {
            self = .login
        } else if begins(with: "MAIL ") {
            self = .sender
        } else if begins(with: "RCPT ") {
            self = .recipient
        } else if begins(with: "DATA\r") {
            self = .content
        } else {
            return nil
        }
    }
}
