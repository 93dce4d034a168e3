import Contracts
import Crypto
import FoundationEssentials

/// Checks a backup, and brings it back.
public struct BackupReader: Sendable {
    /// Looks at one database with the eyes of the program: whether it knows the schema, and whether what was
    /// recorded hangs together.
    /// - Parameters:
    ///   - name: `chat.sqlite`
    ///   - path: Of a copy that is thrown away.
    /// - Returns: What was checked, a line each.
    /// - Throws: What is wrong, described for a person.
    public typealias Inspection = @Sendable (_ name: String, _ path: String) async throws -> [String]

    private let file: String
    private let inspect: Inspection

    public init(_ file: String, inspect: @escaping Inspection) {
        self.file = file
        self.inspect = inspect
    }

    /// Restores it to a folder that is thrown away, and looks at everything.
    /// - Parameter scratch: A folder with room for all of it.
    /// - Throws: ``BackupError`` when it can't be unpacked.
    public func verify(in scratch: String) async throws -> BackupVerification {
        let workshop = Workshop(for: "\(scratch)/verify-\(UUID().uuidString)")
        defer { workshop.clear() }
        let manifest = try await BackupThread.run { [file] in
            try workshop.prepare()
            return try Self.unpack(file, into: workshop)
        }
        var report = BackupVerification(manifest: manifest)
        for member in manifest.members {
            await check(member, at: workshop.path(member.name), &report)
        }
        return report
    }

    /// Makes a data folder of it, of all or of nothing; see ``RestoredFolder``. The caller keeps servers off it.
    /// - Parameter folder: Empty, or not there yet.
    /// - Throws: ``BackupError``.
    @discardableResult
    public func restore(to folder: String) async throws -> BackupManifest {
        let target = RestoredFolder(folder)
        try target.begin()
        do {
            // The check leaves traces in what it looks at; what is kept is unpacked anew.
            let report = try await verify(in: target.unfinished)
            if let problem = report.problems.first { throw BackupError(problem) }
            return try await BackupThread.run { [file] in
                let manifest = try Self.unpack(file, into: Workshop(at: target.unfinished))
                try target.complete()
                return manifest
            }
        } catch {
            target.giveUp()
            throw error
        }
    }

    private func check(
        _ member: BackupManifest.Member, at path: String, _ report: inout BackupVerification
    ) async {
        do {
            let (problems, contents) = try await BackupThread.run {
                let file = SQLiteFile(path: path)
                let problems = try file.problems()
                return (problems, problems.isEmpty ? try file.contents() : nil)
            }
            report.problems += problems.map { "\(member.name) is not sound: \($0)." }
            guard let contents else { return }
            report.note("\(member.name): SHA-256, every page and every reference")
            guard contents == member.contents else {
                report.problems.append("\(member.name) doesn't hold what the list of contents says.")
                return
            }
            report.note(
                "\(member.name): \(contents.rows) rows in \(contents.tables.count) tables, as were backed up")
            for line in try await inspect(member.name, path) { report.note("\(member.name): \(line)") }
        } catch {
            report.problems.append("\(member.name): \(error)")
        }
    }

    /// - Throws: ``BackupError`` for anything that isn't as the manifest says.
    private static func unpack(_ path: String, into workshop: Workshop) throws -> BackupManifest {
        let archive = ArchiveReader(try InputFile(path))
        let manifest = try readManifest(archive)
        for member in manifest.members {
            guard let (name, bytes) = try archive.next(), name == member.name, bytes == member.bytes else {
                throw BackupError("The backup doesn't hold \(member.name) where it should. Take another one.")
            }
            let output = try OutputFile(creating: workshop.path(name))
            var hash = SHA256()
            try archive.contents(bytes) { part in
                hash.update(data: part)
                try output.write(part)
            }
            guard hash.finalize().hexadecimal == member.sha256 else {
                throw BackupError("\(name) has changed since it was backed up. Take another backup.")
            }
            try output.flush()
        }
        guard try archive.next() == nil else { throw BackupError.notAnArchive }
        return manifest
    }

    private static func readManifest(_ archive: ArchiveReader) throws -> BackupManifest {
        guard let (name, bytes) = try archive.next(), name == BackupManifest.fileName,
            bytes <= BackupManifest.maximumBytes
        else { throw BackupError.notAnArchive }
        var data = Data()
        try archive.contents(bytes) { data.append(contentsOf: $0) }
        return try BackupManifest(decoding: data)
    }
}

/// What came of looking at a backup.
public struct BackupVerification: Sendable {
    public let manifest: BackupManifest
    /// What was found to be right, a line each.
    public private(set) var checks: [String] = []
    /// What is wrong, a sentence each; empty when the backup is good.
    public internal(set) var problems: [String] = []

    init(manifest: BackupManifest) {
        self.manifest = manifest
    }

    mutating func note(_ check: String) {
        checks.append(check)
    }
}
