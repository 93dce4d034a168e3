import Synchronization

/// A door that opens once: who comes before that waits, who comes after walks through. With it a test
/// awaits what happens elsewhere, or holds it up.
public final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiting: [AsyncStream<Never>.Continuation]()))

    public init() {}

    public func open() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        waiting.forEach { $0.finish() }
    }

    /// - Throws: `CancellationError`.
    public func wait() async throws {
        let (opened, continuation) = AsyncStream.makeStream(of: Never.self)
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(continuation) }
            return state.isOpen
        }
        if !isOpen {
            for await _ in opened {}
            try Task.checkCancellation()
        }
    }

    /// Waits for what never comes: returns only when cancelled, and opens this gate to tell so.
    public func openWhenCancelled() async throws {
        defer { open() }
        try await Gate().wait()
    }
}

/// What was seen, in order; a test can wait until there is enough of it.
public final class Record<Item: Sendable>: Sendable {
    private let state = Mutex((items: [Item](), gates: [(count: Int, gate: Gate)]()))

    public init() {}

    public var items: [Item] { state.withLock { $0.items } }

    public func append(_ item: Item) {
        let opened = state.withLock { state in
            state.items.append(item)
            let count = state.items.count
            defer { state.gates.removeAll { $0.count <= count } }
            return state.gates.filter { $0.count <= count }
        }
        opened.forEach { $0.gate.open() }
    }

    /// Returns as soon as there are `count` items.
    public func reaches(_ count: Int) async throws {
        let gate = Gate()
        let isThere = state.withLock { state in
            if state.items.count < count { state.gates.append((count, gate)) }
            return state.items.count >= count
        }
        if !isThere { try await gate.wait() }
    }
}
