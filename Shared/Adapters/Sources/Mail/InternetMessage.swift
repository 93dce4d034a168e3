import Contracts

/// A mail in the form in which it travels (RFC 5322, with MIME, RFC 2045).
///
/// An SMTP client still has to double the dots that begin lines (RFC 5321, section 4.5.2): libcurl does.
struct InternetMessage {
    private let mail: Mail
    private let sender: Mailbox

    /// - Throws: `.invalid`, code `mail.invalid_id`, when the mail's ID is something else than letters,
    ///   digits, `.`, `-` and `_`: it becomes part of a header and of a file's name.
    init(_ mail: Mail, from sender: Mailbox) throws(ServiceError) {
        let isFit = mail.id.unicodeScalars.allSatisfy { scalar in
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
                || "-_.".unicodeScalars.contains(scalar)
        }
        guard isFit, (1...100).contains(mail.id.utf8.count), !mail.id.hasPrefix(".") else {
            throw ServiceError(
                .invalid, code: "mail.invalid_id", "A mail's ID is 1 to 100 letters, digits, dots and hyphens."
            )
        }
        self.mail = mail
        self.sender = sender
    }

    var bytes: [UInt8] {
        let encoding = TransferEncoding(for: mail.text)
        let header = [
            "Date: \(Self.date(mail.date))",
            "From: \(sender.header)",
            "To: \(mail.to)",
            "Subject: \(HeaderText.encode(mail.subject))",
            "Message-ID: <\(mail.id)@\(sender.domain)>",
            // Asks other programs not to answer, with a note of absence for one (RFC 3834).
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: \(encoding.rawValue)",
        ]
        return Array((header.joined(separator: "\r\n") + "\r\n\r\n").utf8) + encoding.encode(mail.text)
    }

    /// `Sun, 01 Mar 2026 09:30:00 +0000` (RFC 5322, section 3.3).
    static func date(_ instant: Instant) -> String {
        let microsecondsPerDay: Int64 = 86_400_000_000
        let (days, rest) = instant.microsecondsSinceEpoch.quotientAndRemainder(dividingBy: microsecondsPerDay)
        let dayNumber = rest < 0 ? days - 1 : days
        // The epoch was a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((dayNumber % 7 + 7) % 7)]
        let parts = instant.rfc3339.split { "-T:.Z".contains($0) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = months[Int(parts[1])! - 1]
        return "\(weekday), \(parts[2]) \(month) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) +0000"
    }
}
