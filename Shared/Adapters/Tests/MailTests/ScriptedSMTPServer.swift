import Dispatch
import Glibc
import Synchronization

/// A mail server on loopback that answers as the test says, without TLS: for refusals that a real one
/// doesn't give at will, and for looking at the bytes on the wire.
// Safe: what changes is behind the mutex.
final class ScriptedSMTPServer: @unchecked Sendable {
    let port: Int
    private let listener: Int32
    private let replies: [String: String]
    private let heard = Mutex<[String]>([])

    /// - Parameter replies: By the command's first four letters; `connect` for the greeting and `.` for the
    ///   end of the mail. Without one it agrees.
    init(replies: [String: String] = [:]) {
        self.replies = replies
        (listener, port) = Self.listen()
        let source = listener
        DispatchQueue(label: "smtp").async { [self] in
            while case let connection = accept(source, nil, nil), connection >= 0 {
                talk(connection)
                close(connection)
            }
        }
    }

    /// Ends the server; its thread ends with it.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The lines that came in, without CRLF.
    var lines: [String] { heard.withLock { $0 } }

    /// A port on which nobody listens.
    static func closedPort() -> Int {
        let (listener, port) = listen()
        close(listener)
        return port
    }

    private static func listen() -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safe: sockaddr_in is the form that sockaddr has for this family.
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && Glibc.listen(listener, 8) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        precondition(result, "No port on loopback")
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func talk(_ connection: Int32) {
        guard say(replies["connect"] ?? "220 ready", to: connection) else { return }
        var isContent = false
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) == 1 {
            guard byte == 0x0A else {
                line.append(byte)
                continue
            }
            let text = String(decoding: line.dropLast(), as: UTF8.self)
            line = []
            heard.withLock { $0.append(text) }
            if isContent, text != "." { continue }
            let command = String(text.prefix(4))
            let reply = replies[command] ?? (command == "DATA" ? "354 go on" : "250 fine")
            isContent = command == "DATA" && reply.hasPrefix("354")
            guard say(reply, to: connection), command != "QUIT" else { return }
        }
    }

    private func say(_ reply: String, to connection: Int32) -> Bool {
        let bytes = Array("\(reply)\r\n".utf8)
        return send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
}
