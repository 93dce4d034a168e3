import Contracts
import FoundationEssentials
import Testing

/// A cache under test: makes an empty one, hands it over, and takes it down.
public struct CacheRig: Sendable, CustomTestStringConvertible {
    public typealias Body = @Sendable (any Cache) async throws -> Void

    public let testDescription: String
    private let run: @Sendable (@escaping Body) async throws -> Void

    public init(_ name: String, run: @escaping @Sendable (@escaping Body) async throws -> Void) {
        testDescription = name
        self.run = run
    }

    public func callAsFunction(_ body: @escaping Body) async throws {
        try await run { cache in try await within { try await body(cache) } }
    }
}

/// What every ``Cache`` promises, of however many levels.
public enum CacheConformance {
    public static let checks: [Check<CacheRig>] = keeping + computing + removing

    static let keeping: [Check<CacheRig>] = [
        Check("what is set is there, and what isn't is not") { rig in
            try await rig { cache in
                let key = CacheKey<[String]>("words.v1", "1")
                #expect(await cache.value(for: key) == nil)
                await cache.set(key, to: ["a", "ü", ""], timeToLive: .seconds(60))
                #expect(await cache.value(for: key) == ["a", "ü", ""])
                await cache.set(key, to: [], timeToLive: .seconds(60))
                #expect(await cache.value(for: key) == [])
                #expect(await cache.value(for: CacheKey<[String]>("words.v1", "2")) == nil)
            }
        },

        Check("a name may be anything that isn't too long") { rig in
            try await rig { cache in
                let names = ["", " ", "a\r\nb", "ключ", "{}", "*", String(repeating: "x", count: 400)]
                for (number, name) in names.enumerated() {
                    await cache.set(CacheKey<Int>("odd.v1", name), to: number, timeToLive: .seconds(60))
                }
                for (number, name) in names.enumerated() {
                    #expect(await cache.value(for: CacheKey<Int>("odd.v1", name)) == number)
                }
                let tooLong = CacheKey<Int>("odd.v1", String(repeating: "x", count: 600))
                let computed = try await cache.value(for: tooLong, timeToLive: .seconds(60)) { 7 }
                #expect(computed == 7)
                #expect(await cache.value(for: tooLong) == nil)
            }
        },

        Check("that there is nothing is worth keeping too") { rig in
            try await rig { cache in
                let key = CacheKey<String?>("maybe.v1", "1")
                let computations = Record<Int>()
                for _ in 0..<3 {
                    let value = try await cache.value(for: key, timeToLive: .seconds(60)) { () -> String? in
                        computations.append(1)
                        return nil
                    }
                    #expect(value == nil)
                }
                #expect(computations.items.count == 1)
            }
        },

        Check("after its time to live it is gone") { rig in
            try await rig { cache in
                let (short, long) = (CacheKey<Int>("short.v1", "1"), CacheKey<Int>("long.v1", "1"))
                await cache.set(long, to: 2, timeToLive: .seconds(60))
                await cache.set(short, to: 1, timeToLive: .milliseconds(100))
                // Ends with the rig's limit if it never goes.
                while await cache.value(for: short) != nil { await Task.yield() }
                #expect(await cache.value(for: long) == 2)
            }
        },
    ]

    static let computing: [Check<CacheRig>] = [
        Check("it is computed once and then kept") { rig in
            try await rig { cache in
                let computations = Record<Int>()
                for _ in 0..<3 {
                    let value = try await cache.value(for: .number, timeToLive: .seconds(60)) {
                        computations.append(1)
                        return computations.items.count
                    }
                    #expect(value == 1)
                }
            }
        },

        Check("many who ask at a time wait for one computation") { rig in
            try await rig { cache in
                let (computations, begun, gate) = (Record<Int>(), Gate(), Gate())
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            try await cache.value(for: .number, timeToLive: .seconds(60)) {
                                begun.open()
                                try await gate.wait()
                                computations.append(1)
                                return computations.items.count
                            }
                        }
                    }
                    try await begun.wait()
                    gate.open()
                    for try await value in group { #expect(value == 1) }
                }
            }
        },

        Check("a failure is told and not kept") { rig in
            try await rig { cache in
                await expect(ServiceError.databaseUnavailable) {
                    try await cache.value(for: .number, timeToLive: .seconds(60)) { () -> Int in
                        throw ServiceError.databaseUnavailable
                    }
                }
                let computed = try await cache.computed(2)
                #expect(computed == 2)
            }
        },

        Check("who gives up takes nobody along") { rig in
            try await rig { cache in
                let (begun, gate) = (Gate(), Gate())
                let first = Task {
                    try await cache.value(for: .number, timeToLive: .seconds(60)) { () -> Int in
                        begun.open()
                        try await Gate().wait()
                        return 1
                    }
                }
                try await begun.wait()
                let others = (0..<5).map { _ in
                    Task {
                        try await cache.value(for: .number, timeToLive: .seconds(60)) {
                            try await gate.wait()
                            return 2
                        }
                    }
                }
                first.cancel()
                #expect(await failure(of: { try await first.value })?.kind == .cancelled)
                // One that only waits is free to go as well.
                others[0].cancel()
                #expect(await failure(of: { try await others[0].value })?.kind == .cancelled)
                gate.open()
                for other in others.dropFirst() {
                    let value = try await other.value
                    #expect(value == 2)
                }
            }
        },
    ]

    static let removing: [Check<CacheRig>] = [
        Check("what is removed is computed anew") { rig in
            try await rig { cache in
                let other = CacheKey<Int>("number.v1", "2")
                for (key, value) in [(CacheKey<Int>.number, 1), (other, 2)] {
                    await cache.set(key, to: value, timeToLive: .seconds(60))
                }
                await cache.remove(CacheKey<Int>.number)
                await cache.remove(CacheKey<Int>.number)
                #expect(await cache.value(for: .number) == nil)
                let computed = try await cache.computed(3)
                #expect(computed == 3)
                #expect(await cache.value(for: other) == 2)
            }
        },

        Check("a removal wins over a computation under way") { rig in
            try await rig { cache in
                let (begun, gate) = (Gate(), Gate())
                let stale = Task {
                    try await cache.value(for: .number, timeToLive: .seconds(60)) {
                        begun.open()
                        try await gate.wait()
                        return 1
                    }
                }
                try await begun.wait()
                await cache.remove(CacheKey<Int>.number)
                // Who asks after the removal doesn't get what was begun before it.
                let computed = try await cache.computed(2)
                #expect(computed == 2)
                gate.open()
                let begunBefore = try await stale.value
                #expect(begunBefore == 1)
                #expect(await cache.value(for: .number) == 2)
                await cache.remove(CacheKey<Int>.number)
                #expect(await cache.value(for: .number) == nil)
            }
        },

        Check("a new value wins over a computation under way") { rig in
            try await rig { cache in
                let (begun, gate) = (Gate(), Gate())
                let stale = Task {
                    try await cache.value(for: .number, timeToLive: .seconds(60)) {
                        begun.open()
                        try await gate.wait()
                        return 1
                    }
                }
                try await begun.wait()
                await cache.set(.number, to: 2, timeToLive: .seconds(60))
                gate.open()
                _ = try await stale.value
                #expect(await cache.value(for: .number) == 2)
            }
        },
    ]
}

extension CacheKey<Int> {
    static var number: CacheKey<Int> { CacheKey("number.v1", "1") }
}

extension Cache {
    /// What is kept for the number, or else `value`.
    func computed(_ value: Int) async throws -> Int {
        try await self.value(for: .number, timeToLive: .seconds(60)) { value }
    }
}
