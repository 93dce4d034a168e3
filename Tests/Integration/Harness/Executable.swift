import Contracts
import ContractsTesting
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// One of the programs as a process of its own, as an owner runs it.
final class Executable: Sendable {
    private let pid: pid_t
    private let pipe: Int32
    /// What it prints, to standard output and to standard error.
    private let output = Record<Output>()
    private let ended = Record<Status>()

    private enum Output: Sendable {
        case line(String)
        case end
    }

    enum Status: Sendable, Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// Where the programs are: beside this test, or where `FRONTDESK_TEST_EXECUTABLES` says.
    static let folder: String =
        ProcessInfo.processInfo.environment["FRONTDESK_TEST_EXECUTABLES"]
        ?? (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        .map { String($0[..<($0.lastIndex(of: "/") ?? $0.endIndex)]) } ?? "."

    /// Starts a program, runs `body`, and ends it with force if it still runs then.
    static func run<Result: Sendable>(
        _ name: String, _ arguments: [String] = [], _ settings: [String: String] = [:],
        _ body: (Executable) async throws -> Result
    ) async throws -> Result {
        let executable = try Executable("\(folder)/\(name)", arguments, settings)
        async let reading: Void = executable.read()
        do {
            let result = try await body(executable)
            executable.kill(SIGKILL)
            try await reading
            return result
        } catch {
            executable.kill(SIGKILL)
            try? await reading
            throw error
        }
    }

    /// Runs a program to its end.
    static func finish(
        _ name: String, _ arguments: [String] = [], _ settings: [String: String] = [:],
        limit: Duration = .seconds(20)
    ) async throws -> (status: Status, text: String) {
        try await run(name, arguments, settings) { executable in
            (try await executable.end(within: limit), executable.text)
        }
    }

    /// All that it has printed so far.
    var text: String {
        output.items.compactMap { if case .line(let line) = $0 { line } else { nil } }.joined(separator: "\n")
    }

    /// The first line with these words, as soon as it is there.
    func line(with words: String, within limit: Duration = .seconds(20)) async throws -> String {
        try await Deadline.enforce(Deadline(in: limit)) { [output] in
            var count = 0
            while true {
                try await output.reaches(count + 1)
                guard case .line(let line) = output.items[count] else {
                    throw HarnessError("It ended without \(words): \(self.text)")
                }
                if line.contains(words) { return line }
                count += 1
            }
        }
    }

    /// The gateway, once it accepts connections.
    func host() async throws -> Host {
        let line = try await line(with: "is ready at http://127.0.0.1:")
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else { throw HarnessError(line) }
        return Host(port: port)
    }

    func kill(_ signal: Int32) {
        // Once it is reaped, its number may be somebody else's.
        if ended.items.isEmpty { _ = Glibc.kill(pid, signal) }
    }

    @discardableResult
    func end(within limit: Duration = .seconds(10)) async throws -> Status {
        try await Deadline.enforce(Deadline(in: limit)) { [ended] in try await ended.reaches(1) }
        return ended.items[0]
    }

    // MARK: - Underneath

    private init(_ path: String, _ arguments: [String], _ settings: [String: String]) throws {
        (pid, pipe) = try Self.starting.withLock { _ in try Self.start(path, arguments, settings) }
    }

    /// One at a time: else a program could inherit the end of another's pipe in the moment between its
    /// making and its marking, and hold it open.
    private static let starting = Mutex(())

    private static func start(
        _ path: String, _ arguments: [String], _ settings: [String: String]
    ) throws -> (pid_t, Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw HarnessError("No pipe: \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This process ignores SIGPIPE; a program that is started by a shell doesn't.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].contains($0.key)
        }
        let environment = inherited.merging(settings) { _, own in own }
        var child: pid_t = 0
        let result = withCStrings([path] + arguments) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&child, path, &actions, &attributes, arguments, environment)
            }
        }
        close(ends[1])
        guard result == 0 else {
            close(ends[0])
            throw HarnessError("\(path) can't be started: \(result). Build all products first.")
        }
        return (child, ends[0])
    }

    /// Keeps what is printed until the process ends, and then how it ended.
    private func read() async throws {
        defer {
            output.append(.end)
            ended.append(Self.reap(pid))
        }
        let channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .takingOwnershipOfDescriptor(input: pipe) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, _ in
            var rest = ""
            for try await bytes in inbound {
                rest += String(buffer: bytes)
                var lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
                rest = String(lines.removeLast())
                for line in lines { output.append(.line(String(line))) }
            }
            if !rest.isEmpty { output.append(.line(rest)) }
        }
    }

    /// Waits for the end, which the end of the output announces.
    private static func reap(_ pid: pid_t) -> Status {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }
}

/// The texts as C takes them: an array of pointers that ends with none.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    // Safe: the copies live until body has returned.
    var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return pointers.withUnsafeMutableBufferPointer { body(UnsafePointer($0.baseAddress!)) }
}
