import Dispatch

/// Copying and checking take minutes and wait for the disk, which no thread of Swift's pool may.
enum BackupThread {
    private static let queue = DispatchQueue(label: "backups", qos: .utility)

    /// One after another: two at once would only share the disk.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
