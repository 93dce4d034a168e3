import AsyncAlgorithms
import FoundationEssentials
import Hummingbird
import NIOCore

/// A response of server-sent events (HTML Living Standard, section 9.2), one handed over at a time.
struct ServerSentEvents: Sendable {
    typealias Send = @Sendable (_ name: String, _ data: any Encodable) async throws -> Void

    /// Sends the events; the response ends when it returns.
    let produce: @Sendable (_ send: @escaping Send) async throws -> Void

    func body() -> ResponseBody {
        ResponseBody { writer in
            let events = AsyncChannel<ByteBuffer>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { events.finish() }
                    try await produce { name, data in
                        try Task.checkCancellation()
                        let json = String(decoding: try JSONEncoder().encode(data), as: UTF8.self)
                        await events.send(ByteBuffer(string: "event: \(name)\ndata: \(json)\n\n"))
                    }
                }
                defer { group.cancelAll() }
                for await event in events { try await writer.write(event) }
            }
            try await writer.finish(nil)
        }
    }
}
