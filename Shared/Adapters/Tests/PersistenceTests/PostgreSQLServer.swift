import Contracts
import ContractsTesting
import Dispatch
import FoundationEssentials
import Glibc
import PostgreSQL
import Testing

/// A PostgreSQL server of a test's own, which may crash and hang.
final class PostgreSQLServer: Sendable {
    /// Where initdb and pg_ctl are, the newest ones.
    static let programs: String? = {
        let installed = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = installed.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map {
            "/usr/lib/postgresql/\($0)/bin"
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return (newest + path.split(separator: ":").map(String.init)).first {
            FileManager.default.isExecutableFile(atPath: $0 + "/initdb")
        }
    }()

    private let folder: String
    private var data: String { folder + "/data" }

    /// Starts one, hands it over, and leaves nothing of it.
    static func run(
        _ settings: [String] = [], _ body: @escaping @Sendable (PostgreSQLServer) async throws -> Void
    ) async throws {
        let server = try PostgreSQLServer()
        let outcome: Result<Void, any Error>
        do {
            try await server.start(settings)
            outcome = .success(try await within(.seconds(40)) { try await body(server) })
        } catch {
            outcome = .failure(error)
        }
        server.signal(SIGCONT)
        try? await server.control("stop", "--mode=immediate")
        try FileManager.default.removeItem(atPath: server.folder)
        try outcome.get()
    }

    var configuration: PostgreSQLConfiguration {
        get throws { try PostgreSQLConfiguration(url: "postgres://postgres@/postgres?host=\(folder)") }
    }

    /// Ends it without a word to anybody, has it recover, and returns when it takes connections again.
    func crashAndRecover() async throws {
        try await control("restart", "--mode=immediate")
    }

    /// Sends a signal to all of its processes: `SIGSTOP` leaves it hanging, its connections open.
    func signal(_ signal: Int32) {
        let file = try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8)
        guard let main = file?.split(separator: "\n").first.flatMap({ pid_t($0) }) else { return }
        // First the one that starts the others.
        for process in [main] + Self.children(of: main) { kill(process, signal) }
    }

    // MARK: - Underneath

    private init() throws {
        // Not in TMPDIR: that may be closed to the user who runs the server.
        folder = "/tmp/frontdesk-postgresql.\(UUID().uuidString.prefix(8))"
        try #require(mkdir(folder, 0o700) == 0)
        // The server refuses to run as root.
        if geteuid() == 0, let user = getpwnam("postgres") {
            try #require(chown(folder, user.pointee.pw_uid, user.pointee.pw_gid) == 0)
        }
    }

    private func start(_ settings: [String]) async throws {
        try await perform("initdb", "--pgdata=\(data)", "--username=postgres", "--auth=trust", "--no-sync")
        // Nobody pulls the plug, so nothing need reach the disk.
        let own = ["fsync=off", "listen_addresses=", "unix_socket_directories=\(folder)"]
        try await control("start", "--options=" + (settings + own).map { "-c \($0)" }.joined(separator: " "))
    }

    private func control(_ action: String, _ options: String...) async throws {
        try await perform(
            ["pg_ctl", action, "--wait", "--timeout=30", "--pgdata=\(data)", "--log=\(folder)/log"] + options)
    }

    private func perform(_ command: String...) async throws { try await perform(command) }

    private func perform(_ command: [String]) async throws {
        var command = command
        command[0] = try #require(Self.programs) + "/" + command[0]
        if geteuid() == 0 { command = ["runuser", "-u", "postgres", "--"] + command }
        let child = try Self.spawn(["env", "--chdir=\(folder)"] + command, output: folder + "/output")
        let status = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var status: Int32 = 0
                waitpid(child, &status, 0)
                continuation.resume(returning: status)
            }
        }
        guard status == 0 else {
            let output = try? String(contentsOfFile: folder + "/output", encoding: .utf8)
            throw PostgreSQLServerError(
                description: "\(command.joined(separator: " ")) failed: \(output ?? "")")
        }
    }

    private static func spawn(_ command: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Safe: the copies live until the program has started.
        let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var child: pid_t = 0
        let status = posix_spawnp(&child, command[0], &actions, nil, arguments, environ)
        guard status == 0 else {
            throw PostgreSQLServerError(description: "\(command[0]) can't be started: \(status)")
        }
        return child
    }

    private static func children(of parent: pid_t) -> [pid_t] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid_t($0) }.filter { process in
            // "123 (postgres) S 45 …": the fourth is the parent.
            let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            let fields = status?.split(separator: ") ").last?.split(separator: " ") ?? []
            return fields.count > 1 && pid_t(fields[1]) == parent
        }
    }
}

struct PostgreSQLServerError: Error, CustomStringConvertible {
    let description: String
}
