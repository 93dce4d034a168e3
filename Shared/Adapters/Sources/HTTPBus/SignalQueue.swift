import Contracts
import Synchronization

/// Signals on their way out: in order per service, in batches while the last one is under way, and
/// dropped, newest first, when a service doesn't keep up.
final class SignalQueue: Sendable {
    private let waiting = Mutex<[ServiceName: [WireSignal]]>([:])
    private let bells: [ServiceName: (rings: AsyncStream<Void>, bell: AsyncStream<Void>.Continuation)]

    private static let maximumWaiting = 4096
    private static let maximumBatch = 512

    init() {
        bells = Dictionary(
            uniqueKeysWithValues: ServiceName.allCases.map { service in
                let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                return (service, (rings, bell))
            })
    }

    func enqueue(_ signal: WireSignal, to service: ServiceName) {
        let fits = waiting.withLock { waiting in
            guard waiting[service, default: []].count < Self.maximumWaiting else { return false }
            waiting[service, default: []].append(signal)
            return true
        }
        if fits { bells[service]?.bell.yield() }
    }

    /// Hands over batches until the task is cancelled.
    func drain(_ send: @escaping @Sendable ([WireSignal], ServiceName) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for (service, (rings, _)) in bells {
                group.addTask {
                    for await _ in rings {
                        while let batch = self.next(for: service) {
                            await send(batch, service)
                        }
                    }
                }
            }
        }
    }

    private func next(for service: ServiceName) -> [WireSignal]? {
        waiting.withLock { waiting in
            guard let queue = waiting[service], !queue.isEmpty else { return nil }
            waiting[service] = Array(queue.dropFirst(Self.maximumBatch))
            return Array(queue.prefix(Self.maximumBatch))
        }
    }
}
