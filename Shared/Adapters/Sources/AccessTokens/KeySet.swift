import FoundationEssentials
import JWTKit

/// The public keys by their `kid`. Checks signatures (JWS, RFC 7515) and nothing else.
///
/// The algorithm is a property of the key, never the token's choice: only ES256 exists here, so neither
/// `none` nor an HMAC with the public key as its secret means anything.
struct KeySet: Sendable {
    private let keys: [String: any JWTAlgorithm]

    static let empty = KeySet(keys: [:])

    private init(keys: [String: any JWTAlgorithm]) {
        self.keys = keys
    }

    /// Reads a JWK set (RFC 7517, section 5). Keys for anything but verifying ES256 are passed over, as
    /// section 5 asks.
    /// - Throws: When `json` isn't a JWK set, or a key that claims to be for ES256 isn't one.
    init(json: String) async throws {
        let set = try JSONDecoder().decode(PublicJWKSet.self, from: Data(json.utf8))
        var keys: [String: any JWTAlgorithm] = [:]
        for jwk in set.keys where jwk.verifiesES256 {
            guard let kid = jwk.kid, let x = jwk.x, let y = jwk.y else {
                throw JWTError.invalidJWK(reason: "An ES256 key lacks kid, x or y.")
            }
            // jwt-kit's collection answers an unknown kid with its default key, so each key has its own.
            let collection = try await JWTKeyCollection()
                .add(ecdsa: ES256PublicKey(parameters: (x, y)), kid: JWKIdentifier(string: kid))
            keys[kid] = try await collection.getKey(for: JWKIdentifier(string: kid))
        }
        self.keys = keys
    }

    func contains(_ kid: String) -> Bool { keys[kid] != nil }

    /// Whether every key of `other` is still here.
    func includes(_ other: KeySet) -> Bool { other.keys.keys.allSatisfy(contains) }

    /// Whether `token` was signed by the key it names.
    func verifies(_ token: CompactJWS) -> Bool {
        // r and s, 32 bytes each (RFC 7518, section 3.4).
        guard let key = keys[token.kid], token.signature.count == 64 else { return false }
        return (try? key.verify(token.signature, signs: token.signedBytes)) ?? false
    }
}

/// A signed token, taken apart and not yet believed: `header.payload.signature` (RFC 7515, section 7.1).
struct CompactJWS {
    let kid: String
    let payload: Data
    let signature: Data
    /// The first two parts as they stand in the token.
    let signedBytes: [UInt8]

    /// - Returns: `nil` unless the token has three well-formed parts and its header says ES256, names a
    ///   key and demands no extension (`crit`).
    init?(_ token: String) {
        let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]),
            let fields = try? JSONDecoder().decode(Header.self, from: header),
            fields.alg == "ES256", fields.crit == nil, let kid = fields.kid,
            let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2])
        else { return nil }
        self.kid = kid
        self.payload = payload
        self.signature = signature
        self.signedBytes = Array(token[..<parts[1].endIndex].utf8)
    }

    private struct Header: Decodable {
        let alg: String
        let kid: String?
        let crit: [String]?
    }
}

struct PublicJWKSet: Codable {
    let keys: [PublicJWK]
}

/// One key of a set (RFC 7517, section 4; RFC 7518, section 6.2.1). Private members are never read.
struct PublicJWK: Codable {
    let kty: String
    let crv: String?
    let kid: String?
    let alg: String?
    let use: String?
    let keyOperations: [String]?
    let x: String?
    let y: String?

    var verifiesES256: Bool {
        kty == "EC" && crv == "P-256" && (alg ?? "ES256") == "ES256" && (use ?? "sig") == "sig"
            && (keyOperations?.contains("verify") ?? true)
    }

    private enum CodingKeys: String, CodingKey {
        case kty, crv, kid, alg, use, x, y
        case keyOperations = "key_ops"
    }
}
