import Contracts
import FoundationEssentials
import Synchronization

/// A clock that stands still until a test moves it.
public final class TestClock: Sendable {
    private let instant: Mutex<Instant>

    /// - Parameter start: RFC 3339.
    public init(_ start: String = "2026-03-01T09:30:00Z") {
        instant = Mutex(Instant(rfc3339: start)!)
    }

    public var now: @Sendable () -> Instant {
        { self.instant.withLock { $0 } }
    }

    public func advance(by duration: Duration) {
        instant.withLock { $0 = $0 + duration }
    }
}

/// UUIDs that count up: `00000000-0000-7000-8000-000000000001` and on.
public final class CountingUUIDs: Sendable {
    private let count = Mutex<UInt64>(0)

    public init() {}

    public var next: @Sendable () -> UUID {
        {
            let number = self.count.withLock { count -> UInt64 in
                count += 1
                return count
            }
            let digits = String(number, radix: 16)
            return UUID(
                uuidString: "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count)
                    + digits
            )!
        }
    }
}

extension MessageContext {
    public static func sample(
        _ principal: Principal = .sample(), idempotencyKey: String? = nil, deadline: Deadline? = nil
    ) -> MessageContext {
        MessageContext(
            principal: principal, requestID: "test-request", deadline: deadline, idempotencyKey: idempotencyKey
        )
    }
}

extension Principal {
    /// Ada, a customer, unless said otherwise.
    public static func sample(
        id: String = "00000000-0000-7000-8000-0000000000aa", role: Role = .customer, name: String? = "Ada",
        email: String? = "ada@example.com"
    ) -> Principal {
        Principal(id: AccountID(id), role: role, name: name, email: email.flatMap { try? Email($0) })
    }
}
