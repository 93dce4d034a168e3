import FoundationEssentials
import Glibc

/// Another program, run to its end.
struct Tool {
    private let name: String

    /// More than any explanation needs.
    private static let maximumComplaint = 4096

    /// - Parameter name: Looked for along `PATH`.
    init(_ name: String) {
        self.name = name
    }

    /// Waits until it has ended.
    /// - Parameter environment: Beside our own without our settings, which hold secrets.
    /// - Throws: ``BackupError`` with what it complained of.
    func run(_ arguments: [String], _ environment: [String: String]) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BackupError.system("\(name) can't be started") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process: pid_t
        do {
            defer { close(ends[1]) }
            process = try start(arguments, environment, complaints: ends[1])
        }
        let complaint = readAll(ends[0])
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status != 0 else { return }
        throw BackupError("\(name) failed: \(complaint.isEmpty ? "it gave no reason." : complaint)")
    }

    private func start(
        _ arguments: [String], _ environment: [String: String], complaints: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO)

        let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FRONTDESK_") }
        let variables = own.merging(environment) { _, new in new }.map { "\($0.key)=\($0.value)" }
        var words = ([name] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup($0) } + [nil]
        defer { (words + settings).forEach { free($0) } }

        var process = pid_t()
        let failure = posix_spawnp(&process, name, &actions, nil, &words, &settings)
        guard failure != ENOENT else {
            throw BackupError(
                "\(name) isn't installed. Install PostgreSQL's client programs, as new as the server.")
        }
        errno = failure
        guard failure == 0 else { throw BackupError.system("\(name) can't be started") }
        return process
    }

    /// To the end, so that it never waits for us; keeps the beginning.
    private func readAll(_ descriptor: Int32) -> String {
        var kept: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            kept += buffer[..<count].prefix(max(0, Self.maximumComplaint - kept.count))
        }
        return String(String(decoding: kept, as: UTF8.self).trimmed)
    }
}

extension String {
    fileprivate var trimmed: Substring {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
