import Contracts
import JWTKit

/// What an access token says (RFC 7519, section 4.1, and three claims of our own).
struct AccessTokenClaims: JWTPayload {
    let iss: String
    let aud: String
    let sub: String
    /// Seconds since 1970.
    let iat: Int64
    let exp: Int64
    let role: String
    let name: String?
    let email: String?

    // jwt-kit asks for it when it verifies; the verifier here checks the claims itself, against its own clock.
    func verify(using _: some JWTAlgorithm) {}

    var expiry: Instant {
        // A token that claims to outlive this lasts until here: no overflow on the way to microseconds.
        Instant(microsecondsSinceEpoch: min(max(exp, 0), 253_402_300_799) * 1_000_000)
    }

    /// - Returns: `nil` when the token is for somebody else or names a role that no token may give:
    ///   a service proves itself by other means, and nobody needs no token.
    func principal(in realm: TokenRealm) -> Principal? {
        guard iss == realm.issuer, aud == realm.audience, let id = AccountID(sub),
            let role = Role(rawValue: role),
            role == .customer || role == .agent || role == .admin
        else { return nil }
        // An address that a later version no longer takes for one mustn't lock its owner out.
        return Principal(id: id, role: role, name: name, email: email.flatMap { try? Email($0) })
    }
}
