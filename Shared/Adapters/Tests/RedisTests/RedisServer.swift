import Contracts
import ContractsTesting
import FoundationEssentials
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Redis

/// Everything here that needs a real Redis. One after another: some stop and kill servers of their own, and
/// how fast a thing heals is part of what is tested.
@Suite(
    .enabled(
        if: TestRedis.url != nil,
        "Set FRONTDESK_TEST_REDIS_URL, such as redis://127.0.0.1:6379; redis-server must be installed."),
    .serialized
)
struct RedisTests {}

enum TestRedis {
    static let url = ProcessInfo.processInfo.environment["FRONTDESK_TEST_REDIS_URL"]

    /// On the server for all tests, under a prefix of its own.
    static func configuration() throws -> RedisConfiguration {
        try RedisConfiguration(url: url!, keyPrefix: "test-\(UUID().uuidString)")
    }
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Runs a client beside `body`, which gets it connected.
func withClient(
    _ configuration: RedisConfiguration, limit: Duration = .seconds(60),
    _ body: @escaping @Sendable (RedisClient) async throws -> Void
) async throws {
    let client = RedisClient(configuration, logger: .quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await client.run() }
        try await within(limit) {
            try await eventually { client.isConnected }
            try await body(client)
        }
    }
}

/// Looks again and again until it is so.
func eventually(
    within limit: Duration = .seconds(15), sourceLocation: SourceLocation = #_sourceLocation,
    _ isSo: () async throws -> Bool
) async throws {
    let deadline = Deadline(in: limit)
    while try await !isSo() {
        guard deadline.remaining > .zero else {
            Issue.record("It didn't come about within \(limit)", sourceLocation: sourceLocation)
            throw ServiceError.deadlineExceeded
        }
        try await MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(5)) {}.futureResult
            .get()
    }
}

/// Reads where `#expect` can't: it doesn't take some of what throws and is compared.
func expect<Value: Equatable>(
    _ value: Value, is expected: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(value == expected, sourceLocation: sourceLocation)
}

/// A Redis of a test's own, which it may kill and stop.
final class RedisServer: Sendable {
    let port: Int
    private let arguments: [String]
    private let pid = Mutex<pid_t?>(nil)

    /// Starts one on a free port, hands it over and ends it.
    static func run(
        _ arguments: [String] = [], _ body: @escaping @Sendable (RedisServer) async throws -> Void
    ) async throws {
        let server = RedisServer(port: try freePort(), arguments)
        defer { server.kill() }
        try await server.start()
        try await body(server)
    }

    private init(port: Int, _ arguments: [String]) {
        self.port = port
        self.arguments = arguments
    }

    func configuration(_ credentials: String = "") throws -> RedisConfiguration {
        try RedisConfiguration(url: "redis://\(credentials)127.0.0.1:\(port)", keyPrefix: "test")
    }

    /// Starts it, empty, on the port it had, and returns when it accepts connections.
    func start() async throws {
        let started = try spawn(
            ["redis-server", "--bind", "127.0.0.1", "--port", "\(port)", "--save", "", "--appendonly", "no"]
                + arguments)
        pid.withLock { $0 = started }
        try await eventually {
            let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            try await channel?.close()
            return channel != nil
        }
    }

    func kill() {
        pid.withLock { pid in
            guard let running = pid else { return }
            signal(SIGKILL, running)
            var status: Int32 = 0
            waitpid(running, &status, 0)
            pid = nil
        }
    }

    /// Leaves it hanging: connections open, nothing answered.
    func pause() { pid.withLock { signal(SIGSTOP, $0!) } }
    func resume() { pid.withLock { signal(SIGCONT, $0!) } }

    private func signal(_ signal: Int32, _ pid: pid_t) { _ = Glibc.kill(pid, signal) }

    /// Below those that connections are given on their way out, else one of them could take it meanwhile.
    static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 10_000..<30_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            address.sin_port = in_port_t(port).bigEndian
            let isBound = withUnsafePointer(to: address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isBound { return port }
        }
        throw ServerError(description: "No free port: \(errno)")
    }
}

struct ServerError: Error, CustomStringConvertible {
    let description: String
}

/// Starts a program of the search path, with its output dropped.
func spawn(_ command: [String]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in 0...2 as ClosedRange<Int32> {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    // Safe: the copies live until the program has started.
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var child: pid_t = 0
    let result = posix_spawnp(&child, command[0], &actions, nil, &arguments, environ)
    guard result == 0 else { throw ServerError(description: "\(command[0]) can't be started: \(result)") }
    return child
}
