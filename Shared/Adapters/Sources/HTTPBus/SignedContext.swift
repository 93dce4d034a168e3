import Contracts
import Crypto
import FoundationEssentials

/// A message's context on its way between processes, with proof that one of us sent it.
///
/// In the header `Authorization: Frontdesk <context>.<signature>`: base64 of the context in JSON, and
/// base64 of its HMAC-SHA256 (RFC 2104) under the secret that all processes share. The context names the
/// message, its body and the moment, so it can't be used for another one, nor much later.
struct SignedContext: Codable, Sendable {
    let message: String
    /// SHA-256 of the body, in base64.
    let bodyDigest: String
    /// Seconds since 1970, by the sender's clock.
    let issuedAt: Int64
    let principal: Principal
    let requestID: String
    let traceparent: String?
    let timeLeftMilliseconds: Int64?
    let idempotencyKey: String?
    let locale: String?

    /// How far the processes' clocks may differ, and how long a context is good for.
    private static let validitySeconds: Int64 = 60
    private static let scheme = "Frontdesk "

    init(_ context: MessageContext, for message: String, body: Data, now: Instant) {
        self.message = message
        bodyDigest = Self.digest(of: body)
        issuedAt = now.microsecondsSinceEpoch / 1_000_000
        principal = context.principal
        requestID = context.requestID
        traceparent = context.traceparent
        timeLeftMilliseconds = context.deadline.map { max(0, Int64($0.remaining / .milliseconds(1))) }
        idempotencyKey = context.idempotencyKey
        locale = context.locale
    }

    func header(key: SymmetricKey) throws -> String {
        let context = try JSONEncoder().encode(self)
        let signature = Data(HMAC<SHA256>.authenticationCode(for: context, using: key))
        return Self.scheme + context.base64EncodedString() + "." + signature.base64EncodedString()
    }

    /// - Returns: The context, and what the body's digest must be once it has been read.
    /// - Throws: `.unauthenticated`, code `bus.untrusted_caller`: no word of what was wrong with it.
    static func verify(
        _ header: String?, for message: String, key: SymmetricKey, now: Instant
    ) throws(ServiceError) -> (context: MessageContext, bodyDigest: String) {
        guard let header, header.hasPrefix(scheme) else { throw untrusted }
        let parts = header.dropFirst(scheme.count).split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let json = Data(base64Encoded: String(parts[0])),
            let signature = Data(base64Encoded: String(parts[1])),
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: json, using: key),
            let signed = try? JSONDecoder().decode(SignedContext.self, from: json),
            signed.message == message,
            abs(now.microsecondsSinceEpoch / 1_000_000 - signed.issuedAt) <= validitySeconds
        else { throw untrusted }
        let context = MessageContext(
            principal: signed.principal, requestID: signed.requestID, traceparent: signed.traceparent,
            deadline: signed.timeLeftMilliseconds.map { Deadline(in: .milliseconds($0)) },
            idempotencyKey: signed.idempotencyKey, locale: signed.locale
        )
        return (context, signed.bodyDigest)
    }

    static func digest(of body: Data) -> String {
        Data(SHA256.hash(data: body)).base64EncodedString()
    }

    static let untrusted = ServiceError(
        .unauthenticated, code: "bus.untrusted_caller",
        "Only Frontdesk's own services may speak here. Give all of them the same FRONTDESK_BUS_SECRET, and clocks that agree."
    )
}
