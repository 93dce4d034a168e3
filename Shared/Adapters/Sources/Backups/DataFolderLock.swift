import FoundationEssentials
import Glibc
import Synchronization

/// Keeps a second server off the data of a service, for as long as this object lives: two that answer and relay
/// from one database would do everything twice.
///
/// A lock for each service, in `<service>.lock`: processes that share a folder hold those of what they run. It
/// ends with the process, however that ends. Commands that only add something work beside a server without it.
public final class DataFolderLock: Sendable {
    private let descriptors: Mutex<[Int32]>

    /// - Parameters:
    ///   - folder: Made when it isn't there.
    ///   - services: Taken in order of their names.
    /// - Throws: ``DataFolderInUse``, ``BackupError``.
    public init(_ folder: String, services: [String]) throws {
        try DurableFiles.createFolder(folder)
        var taken: [Int32] = []
        do {
            for service in services.sorted() {
                taken.append(try Self.lock("\(folder)/\(service).lock", service: service, folder: folder))
            }
        } catch {
            taken.forEach { close($0) }
            throw error
        }
        descriptors = Mutex(taken)
    }

    deinit {
        release()
    }

    /// Lets others in.
    public func release() {
        descriptors.withLock { descriptors in
            // With the file goes the lock. The file itself stays: who removed it could remove another's.
            descriptors.forEach { close($0) }
            descriptors = []
        }
    }

    private static func lock(_ path: String, service: String, folder: String) throws -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BackupError.system("\(path) can't be written") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            defer { close(descriptor) }
            guard reason == EWOULDBLOCK else {
                errno = reason
                throw BackupError.system("\(path) can't be locked")
            }
            throw DataFolderInUse(folder: folder, service: service, processID: holder(descriptor))
        }
        // Only for the message that another one gets; the lock is what counts.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
        return descriptor
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &text, text.count, 0)
        return Int32(String(decoding: text.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self))
    }
}

/// Another server works on the data.
public struct DataFolderInUse: Error, CustomStringConvertible, Sendable {
    public let folder: String
    public let service: String
    /// `nil` while it is only just starting.
    public let processID: Int32?

    public var description: String {
        let who = processID.map { "process \($0)" } ?? "another process"
        return """
            The data of \(service) in \(folder) is in use by \(who). Stop that first, or name another folder with \
            --data.
            """
    }
}
