import CArgon2
import Contracts
import NIOPosix
import Synchronization

/// Argon2id (RFC 9106) by libargon2, on threads of its own: one password keeps a processor busy for about
/// 30 ms and takes 19 MiB.
///
/// The costs are OWASP's second recommendation: 19 MiB, two passes, one lane. A hash carries its own, so
/// older ones stay valid when these change.
public struct Argon2PasswordHasher: PasswordHasher {
    private static let memoryKiB: UInt32 = 19 * 1024
    private static let passes: UInt32 = 2
    private static let lanes: UInt32 = 1
    private static let saltBytes = 16
    private static let hashBytes = 32

    /// Of no password: its 32 bytes were drawn, not computed. Costs what a real one costs.
    private static let nobodysHash =
        "$argon2id$v=19$m=19456,t=2,p=1$z6g24kOx/yD7rGvMH4z0VQ$/CJXAjkQglwHS95o/BJ3/DZFuQG7hFWNqvRttf4Awuk"

    private let pool: NIOThreadPool
    private let admission: Admission

    /// - Parameters:
    ///   - threads: How many passwords are worked on at once.
    ///   - maximumWaiting: How many more may wait for a thread: 64 take a second on two threads.
    public init(threads: Int = 2, maximumWaiting: Int = 64) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        admission = Admission(limit: threads + maximumWaiting)
    }

    /// Finishes what is being worked on and refuses what waits. Call it once, at the end of the process.
    public func shutdown() async throws {
        try await pool.shutdownGracefully()
    }

    public func hash(_ password: String) async throws -> String {
        try await onPool { try Self.hash(password) }
    }

    public func verify(_ password: String, against hash: String?) async throws -> Bool {
        let isRight = try await onPool { try Self.matches(password, hash ?? Self.nobodysHash) }
        return isRight && hash != nil
    }

    // MARK: -

    /// Waiting isn't cut short when the caller is cancelled: it is bounded to about a second, and NIO keeps
    /// a record for good of each cancellation that comes too late.
    private func onPool<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws
        -> Result
    {
        guard admission.enter() else { throw ServiceError.hasherBusy }
        defer { admission.leave() }
        return try await withCheckedThrowingContinuation { continuation in
            pool.submit { state in
                switch state {
                case .active: continuation.resume(with: Swift.Result(catching: work))
                case .cancelled: continuation.resume(throwing: ServiceError.hasherBusy)
                }
            }
        }
    }

    private static func hash(_ password: String) throws -> String {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<saltBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
        // Counts the terminating zero byte.
        let capacity = argon2_encodedlen(
            passes, memoryKiB, lanes, UInt32(saltBytes), UInt32(hashBytes), Argon2_id)
        var encoded = [CChar](repeating: 0, count: capacity)
        var password = password
        let status = password.withUTF8 { bytes in
            argon2id_hash_encoded(
                passes, memoryKiB, lanes, bytes.baseAddress, bytes.count, salt, salt.count, hashBytes, &encoded,
                encoded.count)
        }
        guard status == ARGON2_OK.rawValue else { throw Argon2Error(status: status) }
        return String(decoding: encoded.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func matches(_ password: String, _ hash: String) throws -> Bool {
        var password = password
        let status = password.withUTF8 { argon2id_verify(hash, $0.baseAddress, $0.count) }
        switch status {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        default: throw Argon2Error(status: status)
        }
    }
}

/// How many are inside, at most `limit`.
private final class Admission: Sendable {
    private let limit: Int
    private let inside = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    func enter() -> Bool {
        inside.withLock { inside in
            guard inside < limit else { return false }
            inside += 1
            return true
        }
    }

    func leave() {
        inside.withLock { $0 -= 1 }
    }
}

/// libargon2 failed: out of memory, or a stored hash that isn't one.
struct Argon2Error: Error, CustomStringConvertible {
    let status: Int32

    var description: String { "libargon2: \(String(cString: argon2_error_message(status)))" }
}

extension ServiceError {
    static let hasherBusy = ServiceError(
        .unavailable, code: "user.busy",
        "Too many people are signing in at this moment. Try again in a second.",
        retryAfterSeconds: 1)
}
