import Contracts

/// What somebody says: 1 to 4,000 characters (Unicode code points), kept exactly as it came. Any character
/// but U+0000, which PostgreSQL can't keep in a text.
struct MessageContent: Sendable, Hashable {
    static let maximumCharacters = 4000

    let text: String

    init(_ text: String, field: String = "content") throws(ServiceError) {
        guard !text.isEmpty else {
            throw .invalid(field: field, code: "required", "Write something first.")
        }
        guard text.unicodeScalars.count <= Self.maximumCharacters else {
            throw .invalid(
                field: field, code: "too_long",
                "A message may have at most \(Self.maximumCharacters) characters. Send it in parts."
            )
        }
        try text.requireStorable(field: field)
        self.text = text
    }
}

extension String {
    /// No database here keeps a zero byte in text.
    func requireStorable(field: String) throws(ServiceError) {
        guard !utf8.contains(0) else {
            throw .invalid(
                field: field, code: "invalid_character", "Text can't hold the character U+0000. Remove it.")
        }
    }
}
