import Contracts
import FoundationEssentials

/// The SHA-256 of a secret: all of it that is stored. Secrets have 256 random bits, so it takes no salt.
struct Fingerprint: Hashable, Sendable {
    let bytes: [UInt8]
}

/// Makes secrets and recognises them.
struct Secrets: Sendable {
    /// That many bytes from a cryptographically secure source.
    let random: @Sendable (Int) -> [UInt8]
    /// SHA-256.
    let digest: @Sendable (String) -> [UInt8]

    /// 43 characters.
    func makeToken() -> String { random(32).base64URL }

    /// The prefix tells people and scanners for leaked secrets what they have found.
    func makeRefreshToken() -> String { "fdr_" + makeToken() }

    func fingerprint(of token: String) -> Fingerprint { Fingerprint(bytes: digest(token)) }

    /// - Returns: `nil` for what was never a refresh token.
    func fingerprint(ofRefreshToken token: String) -> Fingerprint? {
        guard token.utf8.count == 47, token.hasPrefix("fdr_") else { return nil }
        return fingerprint(of: token)
    }
}

extension [UInt8] {
    /// Base 64 for URLs without padding (RFC 4648, section 5).
    var base64URL: String {
        Data(self).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
