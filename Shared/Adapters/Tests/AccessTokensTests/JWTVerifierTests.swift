import Contracts
import ContractsTesting
import FoundationEssentials
import JWTKit
import Testing

@testable import AccessTokens

@Suite struct JWTVerifierTests {
    let forge = TokenForge()

    @Test func tokenSaysWhoItWasIssuedTo() async throws {
        let admin = Principal.sample(role: .admin, name: "Grace “Amazing” Hopper / née Murray")
        let token = try await forge.token(admin)
        let (principal, expiry) = try await forge.verifier().verify(token)
        #expect(principal == admin)
        #expect(expiry == forge.clock.now() + .seconds(900))
    }

    @Test func headerNamesAlgorithmAndKey() async throws {
        let token = try await forge.token()
        let header = try #require(Base64URL.decode(token.prefix { $0 != "." }))
        let fields = try JSONDecoder().decode([String: String].self, from: header)
        #expect(fields == ["alg": "ES256", "typ": "JWT", "kid": "key-1"])
    }

    @Test func principalWithoutIdentifierGetsNoToken() async throws {
        await #expect(throws: ServiceError.self) { try await forge.token(.anonymous) }
        await #expect(throws: ServiceError.self) { try await forge.token(.service(.chat)) }
    }

    @Test func tokenExpiresAlsoWhenItIsRemembered() async throws {
        let verifier = try forge.verifier()
        let token = try await forge.token()
        forge.clock.advance(by: .milliseconds(899_999))
        _ = try await verifier.verify(token)
        #expect(verifier.rememberedTokens == 1)
        forge.clock.advance(by: .milliseconds(1))
        #expect(await refusal(of: token, by: verifier) == .tokenExpired)
        #expect(try await refusal(of: token, by: forge.verifier()) == .tokenExpired)
    }

    @Test(arguments: ["service", "anonymous", "root", "", "Admin"])
    func rolesThatNoTokenGivesAreRefused(role: String) async throws {
        let token = try await forge.token(header: good, payload: forge.payload(role: role))
        #expect(try await refusal(of: token, by: forge.verifier()) == .tokenInvalid)
    }

    @Test func tokensOfAnotherHouseAreRefused() async throws {
        for payload in [
            forge.payload(iss: "elsewhere"), forge.payload(aud: "elsewhere"), forge.payload(sub: "7"),
        ] {
            let token = try await forge.token(header: good, payload: payload)
            #expect(try await refusal(of: token, by: forge.verifier()) == .tokenInvalid)
        }
        let control = try await forge.token(header: good, payload: forge.payload())
        #expect(try await refusal(of: control, by: forge.verifier()) == nil)
    }

    @Test func strangersKeyUnderTheSameNameIsRefused() async throws {
        let token = try await TokenForge().token()
        #expect(try await refusal(of: token, by: forge.verifier()) == .tokenInvalid)
    }

    @Test(arguments: ["none", "None", "NONE", ""])
    func unsignedTokensAreRefused(algorithm: String) async throws {
        let header = "{\"alg\":\"\(algorithm)\",\"kid\":\"key-1\"}"
        let unsigned = "\(forge.encode(header)).\(forge.encode(forge.payload()))."
        #expect(try await refusal(of: unsigned, by: forge.verifier()) == .tokenInvalid)
        let signed = try await forge.token(header: header, payload: forge.payload())
        #expect(try await refusal(of: signed, by: forge.verifier()) == .tokenInvalid)
    }

    @Test func publicKeyIsNoSecretForHMAC() async throws {
        let pem = try ES256PrivateKey(pem: forge.privateKey).publicKey.pemRepresentation
        for secret in try [pem, forge.jwk] {
            let token = try await forge.token(
                header: "{\"alg\":\"HS256\",\"kid\":\"key-1\"}", payload: forge.payload(), secret: secret)
            #expect(try await refusal(of: token, by: forge.verifier()) == .tokenInvalid)
        }
    }

    @Test(arguments: [
        "{\"alg\":\"ES256\"}", "{\"alg\":\"ES256\",\"kid\":\"key-2\"}", "{\"alg\":\"ES256\",\"kid\":\"\"}",
        "{\"alg\":\"ES384\",\"kid\":\"key-1\"}", "{\"kid\":\"key-1\"}", "[]", "",
        "{\"alg\":\"ES256\",\"kid\":\"key-1\",\"crit\":[\"exp\"],\"exp\":1}",
    ])
    func wrongHeadersAreRefused(header: String) async throws {
        let token = try await forge.token(header: header, payload: forge.payload())
        #expect(try await refusal(of: token, by: forge.verifier()) == .tokenInvalid)
    }

    @Test func everyChangedCharacterIsNoticed() async throws {
        let verifier = try forge.verifier()
        let token = try await forge.token()
        for index in token.indices {
            var changed = token
            changed.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
            #expect(await refusal(of: changed, by: verifier) == .tokenInvalid, "at \(index)")
        }
        #expect(await refusal(of: token, by: verifier) == nil)
    }

    @Test func tokenHasOneSpelling() async throws {
        let verifier = try forge.verifier()
        let token = try await forge.token()
        _ = try await verifier.verify(token)
        for other in [token + "=", token + ".", token + " ", " " + token, token + "\n", "Bearer " + token, ""] {
            #expect(await refusal(of: other, by: verifier) == .tokenInvalid)
        }
        // 64 bytes leave the last character four bits that mean nothing.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for last in alphabet where last != token.last {
            #expect(await refusal(of: String(token.dropLast()) + String(last), by: verifier) == .tokenInvalid)
        }
    }

    @Test func endlessTokenIsRefusedBeforeItIsRead() async throws {
        let source = KeySource(try forge.jwk)
        let verifier = JWTVerifier(now: forge.clock.now, fetchKeys: source.fetch)
        let token = try await forge.token(.sample(name: String(repeating: "x", count: 4000)))
        #expect(await refusal(of: token, by: verifier) == .tokenInvalid)
        #expect(source.fetches == 0)
    }

    @Test func addressThatIsNoneAnyMoreDoesNotLockOut() async throws {
        let payload = String(forge.payload().dropLast()) + ",\"email\":\"not an address\"}"
        let token = try await forge.token(header: good, payload: payload)
        #expect(try await forge.verifier().verify(token).principal.email == nil)
    }

    @Test func floodOfTokensNeverOutgrowsTheMemory() async throws {
        let verifier = try forge.verifier(capacity: 10)
        let favourite = try await forge.token(lasting: .seconds(5000))
        for second in 1...50 {
            _ = try await verifier.verify(forge.token(lasting: .seconds(second)))
            _ = try await verifier.verify(favourite)
            #expect(verifier.rememberedTokens <= 10)
        }
    }

    private let good = "{\"alg\":\"ES256\",\"kid\":\"key-1\"}"
}

@Suite struct VerifiedTokensTests {
    let entry = VerifiedTokens.Entry(principal: .sample(), expiry: TestClock().now())

    @Test func whatIsInUseOutlivesAFlood() {
        var tokens = VerifiedTokens(capacity: 100)
        tokens.insert(entry, for: "favourite")
        for number in 0..<1000 {
            tokens.insert(entry, for: "flood \(number)")
            #expect(tokens.count <= 100)
            if number.isMultiple(of: 20) { #expect(tokens.entry(for: "favourite") != nil) }
        }
        #expect(tokens.entry(for: "flood 0") == nil)
        #expect(tokens.entry(for: "flood 999") != nil)
    }
}

func refusal(of token: String, by verifier: JWTVerifier) async -> ServiceError? {
    do {
        _ = try await verifier.verify(token)
        return nil
    } catch {
        return error as? ServiceError ?? .internal
    }
}
