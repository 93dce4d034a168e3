/// An address that mail can be sent to: `local@domain`, at most 254 bytes (RFC 5321, section 4.5.3.1).
///
/// Accepts the dot-string form that people have, with non-ASCII letters (RFC 6531). Quoted local parts,
/// address literals and comments are refused: in a sign-up form they are typing errors or attacks. The
/// domain is kept in lower case; two addresses are the same account when ``comparisonKey`` is equal.
public struct Email: Hashable, Sendable {
    public let address: String

    public init(_ raw: String) throws(ServiceError) {
        let bytes = raw.utf8.count
        guard let at = raw.lastIndex(of: "@"), bytes <= 254 else { throw Email.invalid(raw.isEmpty) }
        let local = raw[..<at]
        let domain = raw[raw.index(after: at)...].lowercased()
        // Some letters are longer in lower case.
        guard Email.isDotString(local), local.utf8.count <= 64, Email.isDomain(domain),
            local.utf8.count + 1 + domain.utf8.count <= 254
        else { throw Email.invalid(false) }
        address = local + "@" + domain
    }

    /// The address in lower case. By the letter of RFC 5321 local parts may differ by case; no mail
    /// system in use does so, and people type their own address in either.
    public var comparisonKey: String { address.lowercased() }

    private static func isDotString(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty && part.unicodeScalars.allSatisfy { isAtomText($0) }
        }
    }

    /// RFC 5322 `atext`, and any letter, mark or number outside ASCII.
    private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(scalar)
        }
        return isLetterOrNumber(scalar)
    }

    private static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.unicodeScalars.allSatisfy {
                        $0 == "-" || ("a"..."z").contains($0) || ("0"..."9").contains($0)
                            || (!$0.isASCII && isLetterOrNumber($0))
                    }
            }
    }

    private static func isLetterOrNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .nonspacingMark, .spacingMark, .otherSymbol:
            true
        default: false
        }
    }

    private static func invalid(_ isEmpty: Bool) -> ServiceError {
        .invalid(
            field: "email", code: isEmpty ? "required" : "invalid_email",
            "Give an e-mail address, such as ada@example.com."
        )
    }
}

extension Email: CustomStringConvertible {
    public var description: String { address }
}

extension Email: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do {
            try self.init(text)
        } catch {
            // Names the field as the sender wrote it: `contact.email`.
            let path = decoder.codingPath.map(\.stringValue).joined(separator: ".")
            throw ServiceError.invalid(
                field: path.isEmpty ? "email" : path, code: text.isEmpty ? "required" : "invalid_email",
                error.message)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(address)
    }
}
