import Contracts
import PasswordHashing
import Testing

@Suite struct Argon2PasswordHasherTests {
    @Test(arguments: [
        "correct horse battery staple", "пароль длинный 🔑👩‍👩‍👧", "with\0a zero byte", "\u{0}\u{0}\u{0}",
        String(repeating: "長", count: 128), " leading and trailing ",
    ])
    func rightPasswordIsRecognised(password: String) async throws {
        try await withHasher { hasher async throws in
            let hash = try await hasher.hash(password)
            #expect(try await hasher.verify(password, against: hash))
            #expect(try await !hasher.verify(password + "\0", against: hash))
        }
    }

    @Test func whatFollowsAZeroByteCounts() async throws {
        try await withHasher { hasher async throws in
            let hash = try await hasher.hash("same\0one")
            #expect(try await !hasher.verify("same\0two", against: hash))
            #expect(try await !hasher.verify("same", against: hash))
        }
    }

    @Test func hashCarriesItsCostsAndAFreshSalt() async throws {
        try await withHasher { hasher async throws in
            let hashes = try await [hasher.hash("one password"), hasher.hash("one password")]
            #expect(hashes[0] != hashes[1])
            for hash in hashes {
                let parts = hash.split(separator: "$").map(String.init)
                #expect(parts.prefix(3) == ["argon2id", "v=19", "m=19456,t=2,p=1"])
                // 16 and 32 bytes in Base 64 without padding.
                #expect(parts.suffix(2).map(\.count) == [22, 43])
            }
        }
    }

    /// The vector of libargon2's own test.c, version 0x13, argon2id, t=2, m=2^16, p=1.
    @Test func referenceHashIsRecognised() async throws {
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        try await withHasher { hasher async throws in
            #expect(try await hasher.verify("password", against: hash))
            #expect(try await !hasher.verify("differentpassword", against: hash))
        }
    }

    @Test func nobodysPasswordIsWrongAndCostsTheSame() async throws {
        try await withHasher { hasher async throws in
            let hash = try await hasher.hash("correct horse battery staple")
            #expect(try await !hasher.verify("wrong", against: nil))
            let clock = ContinuousClock()
            var known = Duration.seconds(60)
            var unknown = Duration.seconds(60)
            // The fastest of several: what the machine does besides only ever adds.
            for _ in 0..<5 {
                known = try await min(
                    known, clock.measure { _ = try await hasher.verify("wrong", against: hash) })
                unknown = try await min(
                    unknown, clock.measure { _ = try await hasher.verify("wrong", against: nil) })
            }
            #expect(unknown > known * 0.5)
            #expect(unknown < known * 2)
        }
    }

    @Test func damagedHashIsAnErrorNotAWrongPassword() async throws {
        try await withHasher { hasher async throws in
            await #expect(throws: (any Error).self) {
                try await hasher.verify("anything", against: "$argon2id$")
            }
        }
    }

    @Test func tooManyWaitingAreTurnedAway() async throws {
        try await withHasher(Argon2PasswordHasher(threads: 1, maximumWaiting: 2)) { hasher async throws in
            let outcomes = await withTaskGroup(of: ServiceError?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await hasher.hash("a password")
                            return nil
                        } catch {
                            return ServiceError(describing: error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let refusals = outcomes.compactMap { $0 }
            #expect((1...17).contains(refusals.count))
            for refusal in refusals {
                #expect(refusal.kind == .unavailable)
                #expect(refusal.code == "user.busy")
                #expect(refusal.retryAfterSeconds == 1)
            }
            // Those who were turned away left no trace: there is room again.
            #expect(try await hasher.hash("a password").hasPrefix("$argon2id$"))
        }
    }

    @Test func afterShutdownTheAnswerIsUnavailable() async throws {
        let hasher = Argon2PasswordHasher()
        try await hasher.shutdown()
        let error = await #expect(throws: ServiceError.self) { try await hasher.hash("a password") }
        #expect(error?.kind == .unavailable)
    }
}

private func withHasher(
    _ hasher: Argon2PasswordHasher = Argon2PasswordHasher(),
    _ body: (Argon2PasswordHasher) async throws -> Void
) async throws {
    do {
        try await body(hasher)
    } catch {
        try await hasher.shutdown()
        throw error
    }
    try await hasher.shutdown()
}
