import Contracts
import FoundationEssentials
import Logging

/// Makes a backup from time to time, and lets the oldest go.
public struct ScheduledBackups: Sendable {
    private let folder: String
    private let interval: Duration
    private let kept: Int
    private let backup: @Sendable (_ path: String) async throws -> Void
    private let now: @Sendable () -> Instant
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger

    /// A clock that is set, or a machine that slept, is noticed after so long.
    private static let longestSleep = Duration.seconds(15 * 60)
    private static let pauseAfterFailure = Duration.seconds(10 * 60)
    private static let prefix = "frontdesk-"
    private static let suffix = ".tar"

    /// - Parameters:
    ///   - folder: Made when it isn't there; may hold other files.
    ///   - kept: How many of the backups made here stay; at least 1.
    ///   - backup: Writes one to a path where there is none.
    public init(
        folder: String, interval: Duration, kept: Int,
        backup: @escaping @Sendable (_ path: String) async throws -> Void,
        now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Duration) async throws -> Void,
        logger: Logger
    ) {
        self.folder = folder
        self.interval = interval
        self.kept = max(1, kept)
        self.backup = backup
        self.now = now
        self.sleep = sleep
        self.logger = logger
    }

    public var job: Job {
        Job("backups") { try await run() }
    }

    /// Runs until cancelled: a backup that fails is tried again, and is no reason to end anything else.
    private func run() async throws {
        while !Task.isCancelled {
            let rest = await turn()
            do {
                try await sleep(min(rest, Self.longestSleep))
            } catch is CancellationError {
                return
            }
        }
    }

    /// Makes a backup if one is due.
    /// - Returns: When to look again.
    private func turn() async -> Duration {
        do {
            if try timeToNext() == nil { try await makeOne() }
            return try timeToNext() ?? Self.pauseAfterFailure
        } catch is CancellationError {
            return .zero
        } catch {
            logger.error("Backup failed", metadata: ["error.message": "\(error)"])
            return Self.pauseAfterFailure
        }
    }

    /// - Returns: `nil` when a backup is due.
    private func timeToNext() throws -> Duration? {
        try DurableFiles.createFolder(folder)
        guard let newest = try own().last?.time else { return nil }
        let rest = (newest + interval).microsecondsSinceEpoch - now().microsecondsSinceEpoch
        return rest > 0 ? .microseconds(rest) : nil
    }

    private func makeOne() async throws {
        let path = "\(folder)/\(Self.prefix)\(now().compact)\(Self.suffix)"
        try await backup(path)
        logger.info("Backup made", metadata: ["frontdesk.backup.file": "\(path)"])
        for old in try own().dropLast(kept) {
            try DurableFiles.remove("\(folder)/\(old.name)")
        }
    }

    /// Those that were made here, oldest first. One from the future was made while the clock was wrong: how old
    /// it is shows only when its time has come.
    private func own() throws -> [(name: String, time: Instant)] {
        let now = now()
        return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { name in
            Self.time(of: name).map { (name, $0) }
        }.filter { $0.1 <= now }.sorted { $0.1 < $1.1 }
    }

    /// `frontdesk-20261123T173358Z.tar`
    private static func time(of name: String) -> Instant? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let digits = Array(name.dropFirst(prefix.count).dropLast(suffix.count))
        guard digits.count == 16, digits[8] == "T", digits[15] == "Z" else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return Instant(
            rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T"
                + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }
}
