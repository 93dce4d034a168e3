import Contracts
import FoundationEssentials

/// Which server mail is handed to, and how.
public struct SMTPConfiguration: Sendable {
    /// `smtp://host:port`: what libcurl is given.
    let server: String
    let sender: Mailbox
    let login: Login?
    let caFile: String?
    let security: Security

    /// - Parameters:
    ///   - url: `smtp://host` (port 587 unless given; STARTTLS) or `smtps://host` (port 465; TLS from the
    ///     first byte).
    ///   - password: Goes to the server over TLS only, and nowhere else.
    ///   - caFile: Certificates to trust instead of the system's, in PEM.
    ///   - requiresTLS: `false` for a relay on the same machine that speaks none (port 25 unless given):
    ///     then nothing is encrypted, and there is no login.
    /// - Throws: `.invalid` naming `url`, `user` or `password`.
    public init(
        url: String, sender: Mailbox, user: String? = nil, password: String? = nil, caFile: String? = nil,
        requiresTLS: Bool = true
    ) throws(ServiceError) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), scheme == "smtp" || scheme == "smtps",
            parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.fragment == nil,
            (1...65535).contains(parts.port ?? 25)
        else {
            throw .invalid(
                field: "url", code: "invalid_url",
                "Give the mail server as smtp://host:port (STARTTLS) or smtps://host:port (TLS)."
            )
        }
        guard parts.user == nil, parts.password == nil else {
            throw .invalid(
                field: "url", code: "credentials_in_url",
                "Leave user and password out of the mail server's URL, which shows up in logs: they have settings of their own."
            )
        }
        security = scheme == "smtps" ? .tls : requiresTLS ? .startTLS : .none
        let port = parts.port ?? (security == .tls ? 465 : security == .startTLS ? 587 : 25)
        server = "\(scheme)://\(host):\(port)"
        login = try Login(user: user, password: password)
        guard login == nil || security != .none else {
            throw .invalid(
                field: "password", code: "tls_required",
                "A password is never sent unencrypted: let the mail server use TLS, or leave out user and password."
            )
        }
        self.sender = sender
        self.caFile = caFile
    }

    enum Security: Sendable {
        case startTLS, tls, none
    }

    struct Login: Sendable {
        let user: String
        let password: String

        init?(user: String?, password: String?) throws(ServiceError) {
            guard user != nil || password != nil else { return nil }
            guard let user, !user.isEmpty, let password, !password.isEmpty else {
                throw .invalid(
                    field: user?.isEmpty == false ? "password" : "user", code: "required",
                    "Give both user and password for the mail server, or neither."
                )
            }
            self.user = user
            self.password = password
        }
    }
}

// By hand, so that no log ever prints the password by way of its owner.
extension SMTPConfiguration: CustomStringConvertible, CustomReflectable {
    public var description: String { server }
    public var customMirror: Mirror { Mirror(self, children: ["server": server]) }
}
