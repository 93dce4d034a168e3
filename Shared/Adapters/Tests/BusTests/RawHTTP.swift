import Dispatch
import Glibc
import Synchronization

/// A connection whose bytes a test says itself: for what no proper client or server does.
final class RawConnection: Sendable {
    private let descriptor: Int32
    private let isOpen = Atomic(true)

    fileprivate init(descriptor: Int32) {
        self.descriptor = descriptor
        // What doesn't come within ten seconds doesn't come.
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Connects to a port of this machine.
    convenience init(to port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let result = withLoopback(port: port) { connect(descriptor, $0, $1) }
        precondition(result == 0, "Nobody listens on port \(port)")
        self.init(descriptor: descriptor)
    }

    deinit {
        close()
    }

    func close() {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        Glibc.close(descriptor)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.send(descriptor, Array(bytes[sent...]), bytes.count - sent, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return }
            sent += count
        }
    }

    /// One request or response with its body, whose length has to be given in its head; what there is of it
    /// when the other end closes.
    func receive() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "raw").async { continuation.resume(returning: self.receiveNow()) }
        }
    }

    func receiveNow() -> String {
        var message: [UInt8] = []
        var end = Int.max
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while message.count < end {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            message += chunk[..<count]
            guard end == Int.max else { continue }
            let text = String(decoding: message, as: UTF8.self)
            guard let head = text.firstRange(of: "\r\n\r\n") else { continue }
            let length = text[..<head.lowerBound].firstMatch(of: /(?i)content-length: *([0-9]+)/).map {
                Int($0.1)!
            }
            end = text[..<head.upperBound].utf8.count + (length ?? 0)
        }
        return String(decoding: message, as: UTF8.self)
    }
}

/// A server that does as the test says with each connection, one after another.
// Safe: the descriptor never changes.
final class RawServer: @unchecked Sendable {
    let port: Int
    private let listener: Int32

    /// - Parameter serve: Gets the first request. When it returns, the connection is closed.
    init(_ serve: @escaping @Sendable (String, RawConnection) -> Void) {
        (listener, port) = Self.listen()
        DispatchQueue(label: "raw server").async { [listener] in
            while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
                let connection = RawConnection(descriptor: descriptor)
                serve(connection.receiveNow(), connection)
                connection.close()
            }
        }
    }

    var address: String { "http://127.0.0.1:\(port)" }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A port on which nobody listens.
    static func closedPort() -> Int {
        let (listener, port) = listen()
        close(listener)
        return port
    }

    private static func listen() -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        precondition(withLoopback(port: 0) { bind(listener, $0, $1) } == 0 && Glibc.listen(listener, 8) == 0)
        // Safe: sockaddr_in is the form that sockaddr has for this family.
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
        }
        precondition(result == 0)
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }
}

private func withLoopback(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // Safe: sockaddr_in is the form that sockaddr has for this family.
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
