/// Issues access tokens (JWT, RFC 7519).
public protocol AccessTokenSigner: Sendable {
    /// - Returns: A signed token that says who `principal` is, until `expiry`.
    func sign(_ principal: Principal, issuedAt: Instant, expiry: Instant) async throws -> String
}

/// Makes the keys that sign tokens.
public protocol SigningKeyMaker: Sendable {
    /// A new private key (ES256, RFC 7518) in PEM. Secret.
    func makePrivateKey() -> String
    func signer(privateKey: String, keyID: String) throws -> any AccessTokenSigner
    /// The public half as a JWK (RFC 7517), in JSON.
    func publicJWK(privateKey: String, keyID: String) throws -> String
}

/// Recognises access tokens by the public keys.
public protocol AccessTokenVerifier: Sendable {
    /// - Throws: `.unauthenticated` with code `auth.token_expired` or `auth.token_invalid`.
    func verify(_ token: String) async throws -> (principal: Principal, expiry: Instant)
}
