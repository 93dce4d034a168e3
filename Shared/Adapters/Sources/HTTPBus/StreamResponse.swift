import AsyncAlgorithms
import Contracts
import FoundationEssentials
import Hummingbird
import NIOCore

/// A stream as a response of lines: `{"element": …}` for each element, empty ones in between as a sign of
/// life, and at the end `{"end": true}` or `{"error": …}`.
struct StreamResponse: Sendable {
    /// Runs the producer, handing each element over as JSON.
    let produce: @Sendable (_ send: @escaping @Sendable (Data) async throws -> Void) async throws -> Void
    /// What went wrong, as the caller may know it.
    let translate: @Sendable (any Error) -> ServiceError

    func body() -> ResponseBody {
        ResponseBody { writer in
            // Hands over one line at a time: the producer goes on when the connection took the last.
            let lines = AsyncChannel<ByteBuffer>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await sendElements(to: lines) }
                group.addTask {
                    while true {
                        try await ContinuousClock().sleep(for: WireFormat.heartbeatInterval)
                        await lines.send(ByteBuffer(string: "\n"))
                    }
                }
                defer { group.cancelAll() }
                for await line in lines { try await writer.write(line) }
            }
            try await writer.finish(nil)
        }
    }

    private func sendElements(to lines: AsyncChannel<ByteBuffer>) async throws {
        defer { lines.finish() }
        do {
            try await produce { element in
                try Task.checkCancellation()
                var line = ByteBuffer(string: #"{"element":"#)
                line.writeBytes(element)
                line.writeString("}\n")
                await lines.send(line)
            }
            await lines.send(ByteBuffer(string: "{\"end\":true}\n"))
        } catch {
            let error = try JSONEncoder().encode(translate(error))
            await lines.send(ByteBuffer(string: "{\"error\":\(String(decoding: error, as: UTF8.self))}\n"))
        }
    }
}
