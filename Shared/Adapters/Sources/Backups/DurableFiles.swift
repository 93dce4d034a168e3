import FoundationEssentials
import Glibc

/// A file that is written from its beginning to its end.
final class OutputFile {
    private let path: String
    private let descriptor: Int32

    /// Makes a file that only this user can read.
    /// - Throws: ``BackupError`` when there is one already, or it can't be made.
    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BackupError.system("\(path) can't be written") }
    }

    deinit {
        close(descriptor)
    }

    func write(_ bytes: some Collection<UInt8>) throws {
        var rest = ArraySlice(bytes)
        while !rest.isEmpty {
            // Safe: the pointer isn't used after the call.
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BackupError.system("\(path) can't be written") }
            rest = rest.dropFirst(count)
        }
    }

    /// Returns when it is on the disk.
    func flush() throws {
        guard fsync(descriptor) == 0 else { throw BackupError.system("\(path) can't be written") }
    }
}

/// A file that is read from its beginning to its end.
final class InputFile {
    private let path: String
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BackupError.system("\(path) can't be read") }
    }

    deinit {
        close(descriptor)
    }

    /// - Parameter limit: At most so many bytes, and no more than a buffer holds.
    /// - Returns: Nothing at the end.
    func read(atMost limit: Int = .max) throws -> ArraySlice<UInt8> {
        while true {
            let wanted = min(limit, buffer.count)
            // Safe: the pointer isn't used after the call.
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, wanted) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw BackupError.system("\(path) can't be read") }
            return buffer[..<count]
        }
    }

    /// - Throws: ``BackupError`` when the file ends before.
    func read(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let part = try read(atMost: count - bytes.count)
            guard !part.isEmpty else { throw BackupError.endsEarly }
            bytes += part
        }
        return bytes
    }
}

/// What is done with whole files and folders, so that it lasts.
enum DurableFiles {
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    static func size(of path: String) throws -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw BackupError.system("\(path) can't be read") }
        return Int64(status.st_size)
    }

    /// Lasting only when the folder is flushed: see ``flush(folder:)``.
    static func rename(_ old: String, to new: String) throws {
        guard Glibc.rename(old, new) == 0 else { throw BackupError.system("\(new) can't be written") }
    }

    /// Removes a file if it is there.
    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw BackupError.system("\(path) can't be removed")
        }
    }

    static func removeFolder(_ path: String) throws {
        guard exists(path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    /// Gives a complete file the name under which it is looked for.
    static func publish(_ file: String, as path: String, replacing: Bool) throws {
        // Somebody may have been faster meanwhile.
        guard replacing || !exists(path) else { throw BackupError.exists(path) }
        try rename(file, to: path)
        try flush(folder: folder(of: path))
    }

    static func flush(file: String) throws {
        try flush(file, O_RDONLY)
    }

    /// What a folder names is on the disk only after this.
    static func flush(folder: String) throws {
        try flush(folder, O_RDONLY | O_DIRECTORY)
    }

    private static func flush(_ path: String, _ flags: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw BackupError.system("\(path) can't be read") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw BackupError.system("\(path) can't be written") }
    }

    /// For this user only.
    static func createFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw BackupError(
                "The folder \(path) can't be made. Check where it lies, and whether you may write there.")
        }
    }

    /// Writes a small file whole, or not at all.
    static func write(_ text: String, to path: String) throws {
        let partial = path + ".partial"
        try remove(partial)
        let file = try OutputFile(creating: partial)
        try file.write(text.utf8)
        try file.flush()
        try rename(partial, to: path)
        try flush(folder: folder(of: path))
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}

extension BackupError {
    static let endsEarly = BackupError("The file ends too early: it wasn't copied completely.")

    /// With the system's reason for what failed last.
    static func system(_ problem: String) -> BackupError {
        BackupError("\(problem): \(String(cString: strerror(errno))).")
    }
}
