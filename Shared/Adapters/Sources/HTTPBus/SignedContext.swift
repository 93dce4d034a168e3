import Contracts
import Crypto
import FoundationEssentials

/// A message's context on its way between processes, with proof that one of us sent it.
///
/// In the header `Authorization: Frontdesk <context>.<signature>`: base64 of the context's fields
/// (``ContextFields``), and base64 of their HMAC-SHA256 (RFC 2104) under the secret that all processes
/// share. The context names the message, its body and the moment, so it can't be used for another one, nor
/// much later. It isn't JSON because it is written and read with every message: that took a fifth of a
/// small call's time.
struct SignedContext: Sendable {
    let message: String
    /// SHA-256 of the body.
    let bodyDigest: SHA256Digest
    /// Seconds since 1970, by the sender's clock.
    let issuedAt: Int64
    let context: MessageContext

    /// How far the processes' clocks may differ, and how long a context is good for.
    private static let validitySeconds: Int64 = 60
    private static let scheme = "Frontdesk "

    init(_ context: MessageContext, for message: String, body: Data, now: Instant) {
        self.message = message
        bodyDigest = Self.digest(of: body)
        issuedAt = now.microsecondsSinceEpoch / 1_000_000
        self.context = context
    }

    func header(key: SymmetricKey) -> String {
        var fields = ContextFields()
        fields.append(message)
        fields.append(bytes: Array(bodyDigest))
        fields.append(String(issuedAt))
        fields.append(context.principal.id?.rawValue.uuidString)
        fields.append(context.principal.role.rawValue)
        fields.append(context.principal.name)
        fields.append(context.principal.email?.address)
        fields.append(context.requestID)
        fields.append(context.traceparent)
        fields.append(context.deadline.map { String(max(0, Int64($0.remaining / .milliseconds(1)))) })
        fields.append(context.idempotencyKey)
        fields.append(context.locale)
        let bytes = Data(fields.bytes)
        let signature = Data(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
        return Self.scheme + bytes.base64EncodedString() + "." + signature.base64EncodedString()
    }

    /// - Returns: The context, and what the body's digest must be once it has been read.
    /// - Throws: `.unauthenticated`, code `bus.untrusted_caller`: no word of what was wrong with it.
    static func verify(
        _ header: String?, for message: String, key: SymmetricKey, now: Instant
    ) throws(ServiceError) -> (context: MessageContext, bodyDigest: [UInt8]) {
        guard let header, header.hasPrefix(scheme) else { throw untrusted }
        let parts = header.utf8.dropFirst(scheme.utf8.count).split(separator: UInt8(ascii: "."), maxSplits: 1)
        guard parts.count == 2, let bytes = Data(base64Encoded: Data(parts[0])),
            let signature = Data(base64Encoded: Data(parts[1])),
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: bytes, using: key)
        else { throw untrusted }
        // Signed by one of us, so what can't be read was written by another version.
        var fields = ContextFields(Array(bytes))
        guard fields.next() == message, let bodyDigest = fields.nextBytes(),
            let issuedAt = fields.next().flatMap({ Int64($0) }),
            abs(now.microsecondsSinceEpoch / 1_000_000 - issuedAt) <= validitySeconds,
            let principal = Principal(from: &fields), let requestID = fields.next()
        else { throw untrusted }
        let context = MessageContext(
            principal: principal, requestID: requestID, traceparent: fields.next(),
            deadline: fields.next().flatMap { Int64($0) }.map { Deadline(in: .milliseconds($0)) },
            idempotencyKey: fields.next(), locale: fields.next())
        guard fields.areRead else { throw untrusted }
        return (context, bodyDigest)
    }

    static func digest(of body: Data) -> SHA256Digest {
        SHA256.hash(data: body)
    }

    static let untrusted = ServiceError(
        .unauthenticated, code: "bus.untrusted_caller",
        "Only Frontdesk's own services may speak here. Give all of them the same FRONTDESK_BUS_SECRET, and clocks that agree."
    )
}

extension Principal {
    fileprivate init?(from fields: inout ContextFields) {
        let id = fields.next()
        guard let role = fields.next().flatMap(Role.init(rawValue:)) else { return nil }
        let (name, address) = (fields.next(), fields.next())
        let email = try? address.map { try Email($0) }
        guard (email == nil) == (address == nil) else { return nil }
        guard let id else {
            self.init(id: nil, role: role, name: name, email: email)
            return
        }
        guard let uuid = UUID(uuidString: id) else { return nil }
        self.init(id: AccountID(uuid), role: role, name: name, email: email)
    }
}

/// A fixed series of fields, each its length in bytes, a colon and its bytes: `5:hello`, `-` for none.
/// A netstring (D. J. Bernstein, "Netstrings", 1997) without the comma, so nothing needs to be escaped.
struct ContextFields {
    private(set) var bytes: [UInt8] = []
    private var position = 0

    init() {
        bytes.reserveCapacity(256)
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func append(_ text: String?) {
        if let text { append(bytes: text.utf8) } else { bytes.append(UInt8(ascii: "-")) }
    }

    mutating func append(bytes field: some Collection<UInt8>) {
        bytes.append(contentsOf: String(field.count).utf8)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(contentsOf: field)
    }

    /// The next field, or `nil` where there is none. What isn't well formed reads as `nil` from there on.
    mutating func next() -> String? {
        nextBytes().map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func nextBytes() -> [UInt8]? {
        var length = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "-") where length == 0:
                return nil
            case UInt8(ascii: ":") where length <= bytes.count - position:
                defer { position += length }
                return Array(bytes[position..<(position + length)])
            case UInt8(ascii: "0")...UInt8(ascii: "9") where length <= bytes.count:
                length = length * 10 + Int(byte - UInt8(ascii: "0"))
            default:
                return fail()
            }
        }
        return fail()
    }

    /// Whether everything was read, and was well formed.
    var areRead: Bool { position == bytes.count }

    private mutating func fail() -> [UInt8]? {
        position = bytes.count + 1
        return nil
    }
}
