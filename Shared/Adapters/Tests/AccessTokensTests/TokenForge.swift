import Contracts
import ContractsTesting
import FoundationEssentials
import JWTKit
import Synchronization

@testable import AccessTokens

/// Makes tokens, good and bad, and a verifier that knows the key they are made with.
struct TokenForge {
    let clock = TestClock()
    let maker: ES256KeyMaker
    let privateKey: String
    let keyID: String

    init(keyID: String = "key-1", realm: TokenRealm = TokenRealm()) {
        maker = ES256KeyMaker(realm: realm)
        privateKey = maker.makePrivateKey()
        self.keyID = keyID
    }

    var jwk: String {
        get throws { try maker.publicJWK(privateKey: privateKey, keyID: keyID) }
    }

    func verifier(capacity: Int = 100) throws -> JWTVerifier {
        let jwks = try "{\"keys\":[\(jwk)]}"
        return JWTVerifier(capacity: capacity, now: clock.now) { jwks }
    }

    func token(
        _ principal: Principal = .sample(), lasting lifetime: Duration = .seconds(900)
    ) async throws -> String {
        try await maker.signer(privateKey: privateKey, keyID: keyID)
            .sign(principal, issuedAt: clock.now(), expiry: clock.now() + lifetime)
    }

    /// Any header and payload, signed with the right key all the same.
    func token(header: String, payload: String) async throws -> String {
        let signed = "\(encode(header)).\(encode(payload))"
        let keys = try await JWTKeyCollection().add(ecdsa: ES256PrivateKey(pem: privateKey))
        let signature = try await keys.getKey().sign(Array(signed.utf8))
        return "\(signed).\(Base64URL.encode(Data(signature)))"
    }

    /// Like ``token(header:payload:)``, but with an HMAC (HS256).
    func token(header: String, payload: String, secret: String) async throws -> String {
        let signed = "\(encode(header)).\(encode(payload))"
        let keys = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        let signature = try await keys.getKey().sign(Array(signed.utf8))
        return "\(signed).\(Base64URL.encode(Data(signature)))"
    }

    func payload(
        iss: String = "frontdesk", aud: String = "frontdesk",
        sub: String = "00000000-0000-7000-8000-0000000000aa",
        role: String = "customer", expiresIn seconds: Int64 = 900
    ) -> String {
        let iat = clock.now().microsecondsSinceEpoch / 1_000_000
        return """
            {"iss":"\(iss)","aud":"\(aud)","sub":"\(sub)","iat":\(iat),"exp":\(iat + seconds),"role":"\(role)"}
            """
    }

    func encode(_ text: String) -> String { Base64URL.encode(Data(text.utf8)) }
}

/// A source of keys that can be changed, broken, held up and counted.
final class KeySource: Sendable {
    private struct State {
        var jwks: String
        var fetches = 0
        var isBroken = false
        var gate: CheckedContinuation<Void, Never>?
        var arrived: CheckedContinuation<Void, Never>?
        var isHeld = false
    }
    private let state: Mutex<State>

    init(_ jwk: String...) {
        state = Mutex(State(jwks: "{\"keys\":[\(jwk.joined(separator: ","))]}"))
    }

    var fetches: Int { state.withLock { $0.fetches } }

    func publish(_ jwk: String...) {
        state.withLock { $0.jwks = "{\"keys\":[\(jwk.joined(separator: ","))]}" }
    }

    func setBroken(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    /// From now on fetching waits until ``release()``.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let gate = state.withLock { state in
            state.isHeld = false
            defer { state.gate = nil }
            return state.gate
        }
        gate?.resume()
    }

    /// Returns when somebody waits in ``fetch()``.
    func someoneWaits() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.gate == nil { state.arrived = continuation }
                return state.gate != nil
            }
            if isThere { continuation.resume() }
        }
    }

    func fetch() async throws -> String {
        let isHeld = state.withLock { state in
            state.fetches += 1
            return state.isHeld
        }
        if isHeld {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let arrived = state.withLock { state in
                        state.gate = continuation
                        defer { state.arrived = nil }
                        return state.arrived
                    }
                    arrived?.resume()
                }
            } onCancel: {
                release()
            }
            try Task.checkCancellation()
        }
        return try state.withLock { state in
            if state.isBroken { throw ServiceError(.unavailable, code: "test.broken", "Broken.") }
            return state.jwks
        }
    }
}
