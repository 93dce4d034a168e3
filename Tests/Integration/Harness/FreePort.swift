import Glibc
import Synchronization

/// Ports of loopback that nobody listens on, below those that the system gives to outgoing connections,
/// and never the same one twice in this process.
enum FreePort {
    private static let range = 20_000..<32_000
    // Processes that run at once begin far from each other.
    private static let last = Mutex(range.lowerBound + Int(getpid()) * 97 % range.count)

    static func next() -> Int {
        last.withLock { last in
            for _ in range {
                last = last + 1 < range.upperBound ? last + 1 : range.lowerBound
                if isFree(last) { return last }
            }
            preconditionFailure("No port of loopback is free.")
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        // Safe: bind reads the address during the call, at its own length.
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        } == 0
    }
}
