import Contracts

/// Whom mail comes from: an address, and the name that mail programs show for it.
public struct Mailbox: Sendable, Hashable {
    public let name: String?
    public let address: Email

    public init(name: String?, address: Email) {
        self.name = name
        self.address = address
    }

    var domain: Substring { address.address[address.address.lastIndex(of: "@")!...].dropFirst() }

    /// As it stands in a header: `"Shop" <help@example.com>` (RFC 5322, section 3.4).
    var header: String {
        let name = HeaderText.oneLine(self.name ?? "")
        guard !name.isEmpty else { return address.address }
        guard HeaderText.isPlain(name) else { return "\(HeaderText.encodedWords(name)) <\(address)>" }
        let quoted = name.reduce(into: "") { text, character in
            if character == "\"" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return "\"\(quoted)\" <\(address)>"
    }
}
