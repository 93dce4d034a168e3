import Contracts
import FoundationEssentials

/// Keeps a copy of a service's database from before an upgrade, and puts it back when the upgrade fails.
///
/// A marker beside the copies says that an upgrade is going on. Who finds one comes after a crash, and begins
/// again from the copy: so it doesn't matter where the other stopped, nor whether it was another version.
public struct UpgradeSnapshots: Sendable {
    private let service: String
    private let database: SQLiteFile
    private let folder: String
    private let now: @Sendable () -> Instant

    /// How many copies of each service are kept.
    private static let kept = 3
    private static let suffix = ".sqlite"

    /// - Parameters:
    ///   - dataFolder: Where `<service>.sqlite` is; the copies get a folder within it.
    ///   - now: For the copies' names.
    public init(service: String, dataFolder: String, now: @escaping @Sendable () -> Instant) {
        self.service = service
        database = SQLiteFile(path: "\(dataFolder)/\(service).sqlite")
        folder = "\(dataFolder)/snapshots"
        self.now = now
    }

    private var marker: String { "\(folder)/\(service).upgrading" }

    /// Whether an upgrade was interrupted.
    public var isInterrupted: Bool { DurableFiles.exists(marker) }

    /// Undoes an upgrade that was interrupted, if there was one. Only for who keeps others off the database.
    /// - Returns: Whether there was one.
    /// - Throws: ``BackupError``.
    public func recover() async throws -> Bool {
        guard isInterrupted else { return false }
        let name = try await BackupThread.run {
            String(decoding: try InputFile(marker).read(atMost: 200), as: UTF8.self)
        }
        guard isSnapshot(name) else {
            throw BackupError("\(marker) is damaged. Restore a backup, or ask for help before you remove it.")
        }
        try await putBack(name)
        return true
    }

    /// Runs `migrate` with a copy in reserve. Only for who keeps others off the database.
    /// - Throws: ``UpgradeFailed`` when `migrate` failed and everything is as it was before.
    public func protect(_ migrate: () async throws -> Void) async throws {
        let name = try await take()
        do {
            try await migrate()
        } catch {
            do {
                try await putBack(name)
            } catch let second {
                throw BackupError(
                    """
                    The upgrade of \(service) failed: \(error) And its database can't be put back now: \(second) \
                    The next start tries again; the copy from before is \(folder)/\(name).
                    """)
            }
            throw UpgradeFailed(service: service, reason: "\(error)", snapshot: "\(folder)/\(name)")
        }
        try await BackupThread.run { try endUpgrade() }
    }

    private func take() async throws -> String {
        let time = now().compact
        return try await BackupThread.run {
            try DurableFiles.createFolder(folder)
            let name = unusedName(time)
            let partial = SQLiteFile(path: "\(folder)/\(name).partial")
            try DurableFiles.remove(partial.path)
            do {
                try database.copy(to: partial)
                try DurableFiles.rename(partial.path, to: "\(folder)/\(name)")
                try DurableFiles.flush(folder: folder)
            } catch {
                try? DurableFiles.remove(partial.path)
                throw BackupError(
                    """
                    The data of \(service) must be upgraded, and can't be copied before: \(error) \
                    Nothing was changed. The copy needs as much room as the data.
                    """)
            }
            try DurableFiles.write(name, to: marker)
            return name
        }
    }

    private func putBack(_ name: String) async throws {
        try await BackupThread.run {
            try database.replaceContents(with: SQLiteFile(path: "\(folder)/\(name)"))
            try DurableFiles.remove(marker)
            try DurableFiles.flush(folder: folder)
        }
    }

    private func endUpgrade() throws {
        try DurableFiles.remove(marker)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter(isSnapshot).sorted()
        for name in names.dropLast(Self.kept) { try DurableFiles.remove("\(folder)/\(name)") }
        try DurableFiles.flush(folder: folder)
    }

    /// `chat-20261123T173358Z.sqlite`: in the order of time.
    private func unusedName(_ time: String) -> String {
        let name = "\(service)-\(time)"
        var number = 1
        while true {
            let candidate = (number == 1 ? name : "\(name)-\(number)") + Self.suffix
            if !DurableFiles.exists("\(folder)/\(candidate)") { return candidate }
            number += 1
        }
    }

    private func isSnapshot(_ name: String) -> Bool {
        name.hasPrefix("\(service)-") && name.hasSuffix(Self.suffix) && !name.contains("/")
    }
}

/// An upgrade that could not be finished. The data is as it was before.
public struct UpgradeFailed: Error, CustomStringConvertible, Sendable {
    public let service: String
    public let reason: String
    /// A copy of the data from before.
    public let snapshot: String

    public var description: String {
        """
        The data of \(service) could not be upgraded, and was put back as it was: the program that you had before \
        runs on it. A copy is \(snapshot). The reason: \(reason)
        """
    }
}

extension Instant {
    /// `20261123T173358Z`
    var compact: String {
        rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }
}
