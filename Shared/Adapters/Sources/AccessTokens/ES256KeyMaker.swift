import Contracts
import FoundationEssentials
import JWTKit

/// Keys for ECDSA on P-256 with SHA-256 (ES256; RFC 7518, section 3.4).
public struct ES256KeyMaker: SigningKeyMaker {
    private let realm: TokenRealm

    public init(realm: TokenRealm = TokenRealm()) {
        self.realm = realm
    }

    public func makePrivateKey() -> String {
        ES256PrivateKey().pemRepresentation
    }

    public func signer(privateKey: String, keyID: String) throws -> any AccessTokenSigner {
        try ES256TokenSigner(key: ES256PrivateKey(pem: privateKey), keyID: keyID, realm: realm)
    }

    public func publicJWK(privateKey: String, keyID: String) throws -> String {
        let key = try ES256PrivateKey(pem: privateKey).publicKey
        guard let (x, y) = key.parameters, let x = Data(base64Encoded: x), let y = Data(base64Encoded: y) else {
            throw JWTError.invalidJWK(reason: "The key has no coordinates.")
        }
        let jwk = PublicJWK(
            kty: "EC", crv: "P-256", kid: keyID, alg: "ES256", use: "sig", keyOperations: nil,
            x: Base64URL.encode(x), y: Base64URL.encode(y))
        return try String(decoding: JSONEncoder().encode(jwk), as: UTF8.self)
    }
}

/// Who issues the tokens and for whom: one Frontdesk doesn't take another's.
public struct TokenRealm: Sendable, Hashable {
    /// The claim `iss`.
    public let issuer: String
    /// The claim `aud`.
    public let audience: String

    public init(issuer: String = "frontdesk", audience: String = "frontdesk") {
        self.issuer = issuer
        self.audience = audience
    }
}

struct ES256TokenSigner: AccessTokenSigner {
    let key: ES256PrivateKey
    let keyID: String
    let realm: TokenRealm

    func sign(_ principal: Principal, issuedAt: Instant, expiry: Instant) async throws -> String {
        guard let subject = principal.id else {
            throw ServiceError(
                .invalid, code: "auth.subject_required", "Only a principal with an identifier gets a token.")
        }
        let claims = AccessTokenClaims(
            iss: realm.issuer, aud: realm.audience, sub: subject.description,
            iat: issuedAt.microsecondsSinceEpoch / 1_000_000, exp: expiry.microsecondsSinceEpoch / 1_000_000,
            role: principal.role.rawValue, name: principal.name, email: principal.email?.address)
        let keyID = JWKIdentifier(string: keyID)
        // The collection is jwt-kit's only way to a signature; making one costs little beside it.
        return try await JWTKeyCollection().add(ecdsa: key, kid: keyID).sign(claims, kid: keyID)
    }
}
