import Contracts

/// What somebody says: 1 to 4,000 characters (Unicode code points), kept exactly as it came.
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
        self.text = text
    }
}
