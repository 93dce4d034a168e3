import Contracts
import FoundationEssentials

/// Makes backups of a data folder, whether a server works on it or not.
///
/// A backup is one file, a tar archive: a manifest, then a database for each service, all of one moment.
public struct SiteBackup: Sendable {
    private let folder: String
    private let databases: [String]
    private let program: String
    private let now: @Sendable () -> Instant
    private let sleep: @Sendable (Duration) async throws -> Void

    private static let maximumTries = 60
    private static let pause = Duration.milliseconds(500)

    /// - Parameters:
    ///   - databases: Files in the folder, such as `chat.sqlite`; those that aren't there are passed over.
    ///   - program: The version that is noted in the manifest.
    public init(
        folder: String, databases: [String], program: String, now: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.folder = folder
        self.databases = databases.sorted()
        self.program = program
        self.now = now
        self.sleep = sleep
    }

    /// Writes a backup to `path`, which is there when it is complete and on the disk, and not before.
    /// - Parameter replacing: Whether a file that is there already may go.
    /// - Throws: ``BackupError``.
    @discardableResult
    public func write(to path: String, replacing: Bool = false) async throws -> BackupManifest {
        guard replacing || !DurableFiles.exists(path) else { throw BackupError.exists(path) }
        let names = try databaseNames()
        // Beside the file: that there is room enough shows before anything is replaced.
        let workshop = Workshop(for: path)
        try workshop.prepare()
        defer { workshop.clear() }
        let moment = try await moment(of: names.map { SQLiteFile(path: "\(folder)/\($0)") })
        let createdAt = now()
        return try await BackupThread.run {
            defer { moment.end() }
            for (index, name) in names.enumerated() {
                try moment.copy(index, to: SQLiteFile(path: workshop.path(name)))
            }
            moment.end()
            let members = try names.map { try member($0, SQLiteFile(path: workshop.path($0))) }
            let manifest = BackupManifest(program: program, createdAt: createdAt, members: members)
            try write(manifest, workshop)
            try DurableFiles.publish(workshop.path(Workshop.archive), as: path, replacing: replacing)
            return manifest
        }
    }

    private func databaseNames() throws -> [String] {
        let names = databases.filter { DurableFiles.exists("\(folder)/\($0)") }
        guard !names.isEmpty else {
            throw BackupError("There is no data in \(folder). Name the data folder with --data.")
        }
        return names
    }

    private func moment(of files: [SQLiteFile]) async throws -> OneMoment {
        for attempt in 1...Self.maximumTries {
            if let moment = try await BackupThread.run({ try OneMoment.take(of: files) }) { return moment }
            if attempt < Self.maximumTries { try await sleep(Self.pause) }
        }
        throw BackupError("Somebody has been writing without a pause. Try again later.")
    }

    private func member(_ name: String, _ file: SQLiteFile) throws -> BackupManifest.Member {
        if let problem = try file.problems().first {
            throw BackupError(
                "\(name) is \(problem). No backup was made; keep the older ones, and restore the last good one."
            )
        }
        let contents = try file.contents()
        return BackupManifest.Member(
            name: name, bytes: try DurableFiles.size(of: file.path), sha256: try file.sha256(),
            contents: contents)
    }

    private func write(_ manifest: BackupManifest, _ workshop: Workshop) throws {
        let archive = ArchiveWriter(
            try OutputFile(creating: workshop.path(Workshop.archive)), time: manifest.createdAt)
        try archive.add(BackupManifest.fileName, manifest.encoded())
        for member in manifest.members {
            try archive.add(member.name, bytes: member.bytes, from: InputFile(workshop.path(member.name)))
        }
        try archive.finish()
    }
}

/// A folder in which something is put together; gone afterwards.
struct Workshop: Sendable {
    private let folder: String

    static let archive = "archive"
    private static let suffix = ".partial"

    /// Beside what it is for, and hidden.
    init(for path: String) {
        folder = "\(DurableFiles.folder(of: path))/.\(DurableFiles.name(of: path))\(Self.suffix)"
    }

    init(at folder: String) {
        self.folder = folder
    }

    /// - Throws: ``BackupError``.
    func prepare() throws {
        // What a program left that was killed.
        clear()
        try DurableFiles.createFolder(folder)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func clear() {
        // Hidden and harmless: the next one clears it away.
        try? DurableFiles.removeFolder(folder)
    }
}

extension BackupError {
    static func exists(_ path: String) -> BackupError {
        BackupError("\(path) is there already. Choose another name, or --force to replace it.")
    }
}
