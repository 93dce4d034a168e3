import Contracts
import ContractsTesting
import FoundationEssentials

@testable import Mail

extension Mail {
    static func sample(
        id: String = "transcript-1", to: String = "ada@example.com", subject: String = "Your conversation",
        text: String = "Hello Ada,\nall is well.\n", date: String = "2026-03-01T09:30:05Z"
    ) -> Mail {
        Mail(
            id: id, to: Principal.sample(email: to).email!, subject: subject, text: text,
            date: Instant(rfc3339: date)!)
    }
}

extension Mailbox {
    static func sample(name: String? = "Shop") -> Mailbox {
        Mailbox(name: name, address: Principal.sample(email: "help@example.com").email!)
    }
}

extension InternetMessage {
    /// What arrives of a mail.
    static func received(_ mail: Mail, from sender: Mailbox = .sample()) throws -> ReceivedMessage {
        try ReceivedMessage(InternetMessage(mail, from: sender).bytes)
    }
}

/// What `body` throws, or `nil`.
func serviceError(_ body: () async throws -> Void) async -> ServiceError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ServiceError
    }
}
