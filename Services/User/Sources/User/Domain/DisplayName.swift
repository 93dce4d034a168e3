import Contracts

/// What others see of somebody: 1 to 100 characters (Unicode scalars) on one line.
struct DisplayName: Hashable, Sendable {
    let text: String

    /// Takes white space off both ends.
    /// - Throws: `.invalid` naming `name`.
    init(_ raw: String) throws(ServiceError) {
        let start = raw.drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        guard let end else { throw .invalid(field: "name", code: "required", "Give a name, or leave it out.") }
        let trimmed = start[...end]
        guard trimmed.unicodeScalars.count <= 100 else {
            throw .invalid(field: "name", code: "too_long", "Give a name of at most 100 characters.")
        }
        guard !trimmed.unicodeScalars.contains(where: Self.breaksTheLine) else {
            throw .invalid(
                field: "name", code: "invalid_character", "Leave out line breaks and control characters.")
        }
        text = String(trimmed)
    }

    private static func breaksTheLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
