import Contracts
import ContractsTesting
import Testing

@testable import AccessTokens

@Suite struct KeyFetchingTests {
    let first = TokenForge(keyID: "key-1")
    let second = TokenForge(keyID: "key-2")
    let clock = TestClock()

    @Test func keysAreFetchedWhenTheFirstTokenComesAndNotAgain() async throws {
        let source = try KeySource(first.jwk)
        let verifier = verifier(source)
        #expect(source.fetches == 0)
        for seconds in 1...5 {
            #expect(try await refusal(of: first.token(lasting: .seconds(seconds)), by: verifier) == nil)
        }
        #expect(source.fetches == 1)
    }

    @Test func newKeyIsPickedUpWhenATokenNamesIt() async throws {
        let source = try KeySource(first.jwk)
        let verifier = verifier(source)
        #expect(try await refusal(of: first.token(), by: verifier) == nil)
        try source.publish(first.jwk, second.jwk)
        clock.advance(by: .seconds(30))
        #expect(try await refusal(of: second.token(lasting: .seconds(90)), by: verifier) == nil)
        #expect(source.fetches == 2)
    }

    @Test func unknownKeysCauseOneFetchInThirtySeconds() async throws {
        let source = try KeySource(first.jwk)
        let verifier = verifier(source)
        for _ in 1...10 {
            #expect(try await refusal(of: second.token(), by: verifier) == .tokenInvalid)
        }
        clock.advance(by: .milliseconds(29_999))
        #expect(try await refusal(of: second.token(), by: verifier) == .tokenInvalid)
        #expect(source.fetches == 1)
        clock.advance(by: .milliseconds(1))
        #expect(try await refusal(of: second.token(), by: verifier) == .tokenInvalid)
        #expect(source.fetches == 2)
    }

    @Test func withdrawnKeyTakesItsRememberedTokensAlong() async throws {
        let source = try KeySource(first.jwk)
        let verifier = verifier(source)
        let token = try await first.token()
        #expect(await refusal(of: token, by: verifier) == nil)
        try source.publish(second.jwk)
        clock.advance(by: .seconds(30))
        #expect(try await refusal(of: second.token(lasting: .seconds(90)), by: verifier) == nil)
        #expect(await refusal(of: token, by: verifier) == .tokenInvalid)
    }

    @Test func failureIsToldAsOneAndTriedAgainASecondLater() async throws {
        let source = try KeySource(first.jwk)
        let verifier = verifier(source)
        source.setBroken(true)
        for _ in 1...3 {
            #expect(try await refusal(of: first.token(), by: verifier) == .keysUnavailable)
        }
        #expect(source.fetches == 1)
        source.setBroken(false)
        clock.advance(by: .seconds(1))
        #expect(try await refusal(of: first.token(), by: verifier) == nil)
        #expect(source.fetches == 2)
    }

    @Test func failureLeavesTheKnownKeysInUse() async throws {
        let source = try KeySource(first.jwk)
        let verifier = verifier(source)
        #expect(try await refusal(of: first.token(), by: verifier) == nil)
        source.setBroken(true)
        clock.advance(by: .seconds(30))
        #expect(try await refusal(of: second.token(), by: verifier) == .keysUnavailable)
        #expect(try await refusal(of: first.token(lasting: .seconds(90)), by: verifier) == nil)
    }

    @Test func manyCallersShareOneFetch() async throws {
        let source = try KeySource(first.jwk)
        source.hold()
        let verifier = verifier(source)
        let token = try await first.token()
        let refusals = await withTaskGroup(of: ServiceError?.self) { group in
            for _ in 1...50 { group.addTask { await refusal(of: token, by: verifier) } }
            await source.someoneWaits()
            source.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(refusals.allSatisfy { $0 == nil })
        #expect(source.fetches == 1)
    }

    @Test func whoWaitsTakesOverFromAFetcherWhoLeaves() async throws {
        let source = try KeySource(first.jwk)
        source.hold()
        let verifier = verifier(source)
        let token = try await first.token()
        let leaving = Task { try await verifier.verify(token) }
        await source.someoneWaits()
        async let staying = verifier.verify(token)
        leaving.cancel()
        #expect(try await staying.principal == .sample())
        await #expect(throws: CancellationError.self) { try await leaving.value }
        #expect(source.fetches == 2)
    }

    @Test func keysForOtherPurposesArePassedOver() async throws {
        let rsa = #"{"kty":"RSA","kid":"key-1","alg":"RS256","n":"AQAB","e":"AQAB"}"#
        let secret = #"{"kty":"oct","kid":"key-1","alg":"HS256","k":"AQAB"}"#
        let source = try KeySource(rsa, secret, first.jwk)
        #expect(try await refusal(of: first.token(), by: verifier(source)) == nil)
        let encryption = try first.jwk.replacing("\"sig\"", with: "\"enc\"")
        #expect(try await refusal(of: first.token(), by: verifier(KeySource(encryption))) == .tokenInvalid)
    }

    @Test func unreadableKeysAreAFailure() async throws {
        for source in [
            KeySource("{"), KeySource(#"{"kty":"EC","crv":"P-256","kid":"key-1","x":"AA","y":"AA"}"#),
        ] {
            #expect(try await refusal(of: first.token(), by: verifier(source)) == .keysUnavailable)
        }
    }

    private func verifier(_ source: KeySource) -> JWTVerifier {
        JWTVerifier(now: clock.now, fetchKeys: source.fetch)
    }
}
