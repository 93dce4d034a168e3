/// Sends mail.
public protocol Mailer: Sendable {
    /// Returns when the mail is accepted for delivery.
    /// - Throws: `.unavailable` when it is worth trying again, `.invalid` when it never will be.
    func send(_ mail: Mail) async throws
}

/// A plain-text mail.
public struct Mail: Sendable, Hashable {
    /// The left part of the Message-ID (RFC 5322, section 3.6.4): the same mail sent twice has the same.
    public let id: String
    public let to: Email
    public let subject: String
    public let text: String
    public let date: Instant

    public init(id: String, to: Email, subject: String, text: String, date: Instant) {
        self.id = id
        self.to = to
        self.subject = subject
        self.text = text
        self.date = date
    }
}
