import Contracts

/// A password fit to be chosen: 12 to 128 characters (Unicode scalars), any of them, and not the address.
/// Length is what counts (NIST SP 800-63B, section 5.1.1.2); there are no rules about kinds of characters.
struct Password: Sendable {
    /// A longer one is nobody's: 128 scalars have at most four bytes each.
    static let maximumBytes = 512

    let text: String

    /// - Throws: `.invalid` naming `password`.
    init(_ raw: String, of email: Email) throws(ServiceError) {
        let count = raw.utf8.count > Self.maximumBytes ? .max : raw.unicodeScalars.count
        guard count >= 12 else {
            throw .invalid(field: "password", code: "too_short", "Choose a password of at least 12 characters.")
        }
        guard count <= 128 else {
            throw .invalid(field: "password", code: "too_long", "Choose a password of at most 128 characters.")
        }
        guard raw.lowercased() != email.comparisonKey else {
            throw .invalid(
                field: "password", code: "same_as_email", "Choose a password other than the address.")
        }
        text = raw
    }
}
