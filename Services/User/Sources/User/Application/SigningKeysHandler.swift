import Contracts

struct SigningKeysHandler: Sendable {
    let keys: any SigningKeyRepository
    let keyMaker: any SigningKeyMaker

    func callAsFunction(_ query: SigningKeys, _ context: MessageContext) async throws -> SigningKeys.Response {
        let jwks = try await keys.all().map { key in
            try keyMaker.publicJWK(privateKey: key.privateKey, keyID: key.id)
        }
        return SigningKeys.Response(jwks: "{\"keys\":[\(jwks.joined(separator: ","))]}")
    }
}
