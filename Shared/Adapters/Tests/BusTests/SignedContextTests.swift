import Contracts
import ContractsTesting
import Crypto
import FoundationEssentials
import Testing

@testable import HTTPBus

extension BusTests {
    @Suite struct SignedContextTests {
        private static let key = SymmetricKey(data: Data(String(repeating: "k", count: 32).utf8))
        private static let now = Instant(microsecondsSinceEpoch: 1_767_225_600_000_000)

        /// Everything set, and with what could be taken for a field's end.
        private static let full = MessageContext(
            principal: Principal(
                id: AccountID(UUID(uuidString: "01900000-0000-7000-8000-00000000ABCD")!), role: .customer,
                name: "Zoë 3:x-:\n", email: try? Email("zoe@example.com")),
            requestID: "r-1", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            deadline: Deadline(in: .seconds(20)), idempotencyKey: "", locale: "de-CH")

        private static func header(_ context: MessageContext) -> String {
            SignedContext(context, for: Say.name, body: Data("{}".utf8), now: now).header(key: key)
        }

        @Test func everyFieldArrivesAsItWasSent() throws {
            let (context, digest) = try SignedContext.verify(
                Self.header(Self.full), for: Say.name, key: Self.key, now: Self.now)
            #expect(context.principal == Self.full.principal)
            #expect(context.requestID == "r-1")
            #expect(context.traceparent == Self.full.traceparent)
            #expect(context.idempotencyKey == "")
            #expect(context.locale == "de-CH")
            #expect(digest == Array(SignedContext.digest(of: Data("{}".utf8))))
            let left = try #require(context.deadline).remaining
            #expect(left > .seconds(15) && left <= .seconds(20))
        }

        @Test func whatIsAbsentStaysAbsent() throws {
            let bare = MessageContext(principal: .anonymous, requestID: "")
            let (context, _) = try SignedContext.verify(
                Self.header(bare), for: Say.name, key: Self.key, now: Self.now)
            #expect(context.principal == .anonymous)
            #expect(context.requestID == "")
            #expect(context.traceparent == nil && context.deadline == nil)
            #expect(context.idempotencyKey == nil && context.locale == nil)
        }

        @Test(arguments: [-61, 61])
        func staleOrEarlyIsRefused(seconds: Int64) {
            let later = Self.now + .seconds(seconds)
            #expect(throws: SignedContext.untrusted) {
                try SignedContext.verify(Self.header(Self.full), for: Say.name, key: Self.key, now: later)
            }
        }

        @Test func anotherMessageOrSecretIsRefused() {
            let header = Self.header(Self.full)
            #expect(throws: SignedContext.untrusted) {
                try SignedContext.verify(header, for: Shout.name, key: Self.key, now: Self.now)
            }
            #expect(throws: SignedContext.untrusted) {
                let other = SymmetricKey(data: Data(String(repeating: "o", count: 32).utf8))
                return try SignedContext.verify(header, for: Say.name, key: other, now: Self.now)
            }
        }

        /// As another version would sign it: fields missing, more of them, or lengths that aren't true.
        @Test func signedFieldsThatCannotBeReadAreRefused() throws {
            let encoded = Self.header(Self.full).dropFirst("Frontdesk ".count).prefix { $0 != "." }
            let bytes = try #require(Data(base64Encoded: String(encoded)))
            var broken = (0..<bytes.count).map { bytes.prefix($0) }
            broken.append(bytes + Data("-".utf8))
            broken += ["99999999999999999999:x", ":", "1x"].map { Data($0.utf8) }
            for fields in broken {
                let signature = Data(HMAC<SHA256>.authenticationCode(for: fields, using: Self.key))
                let header = "Frontdesk \(fields.base64EncodedString()).\(signature.base64EncodedString())"
                #expect(throws: SignedContext.untrusted, "\(fields.count) bytes") {
                    try SignedContext.verify(header, for: Say.name, key: Self.key, now: Self.now)
                }
            }
        }
    }
}
