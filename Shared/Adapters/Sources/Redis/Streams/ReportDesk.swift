import FoundationEssentials
import Synchronization

/// Hands consumers' reports to whoever waits for news of that batch.
final class ReportDesk: Sendable {
    private let waiting = Mutex<[String: AsyncStream<BatchReport?>.Continuation]>([:])

    /// - Returns: Reports of this batch; `nil` is a reminder to look after it.
    func open(_ batch: String) -> AsyncStream<BatchReport?> {
        let (signs, continuation) = AsyncStream.makeStream(
            of: BatchReport?.self, bufferingPolicy: .bufferingNewest(64))
        waiting.withLock { $0[batch] = continuation }
        return signs
    }

    func close(_ batch: String) {
        waiting.withLock { $0.removeValue(forKey: batch) }?.finish()
    }

    func remind(_ batch: String) {
        _ = waiting.withLock { $0[batch] }?.yield(nil)
    }

    /// - Parameter report: In JSON. One that nobody waits for any more is dropped.
    func take(_ report: [UInt8]) {
        guard let report = try? JSONDecoder().decode(BatchReport.self, from: Data(report)) else { return }
        _ = waiting.withLock { $0[report.batch] }?.yield(report)
    }
}
