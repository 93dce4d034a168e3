import Contracts
import FoundationEssentials
import Glibc
import NIOPosix

/// "Sends" mail into a folder, one `<time>-<id>.eml` each: for a site without a mail server, and for
/// trying things out. Any mail program opens the files.
///
/// The time is the mail's own, so the same mail sent twice is the same file. A file appears whole or not
/// at all. The folder is made when the first mail comes, readable by its owner only: it holds addresses.
public struct FolderMailer: Mailer {
    private let folder: String
    private let sender: Mailbox

    /// - Parameter folder: A path, absolute or from the working directory.
    public init(folder: String, sender: Mailbox) {
        self.folder = folder
        self.sender = sender
    }

    /// - Throws: `.unavailable`, code `mail.folder_not_writable`, with the system's reason.
    public func send(_ mail: Mail) async throws {
        let message = try InternetMessage(mail, from: sender).bytes
        let time = mail.date.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" }
        let name = "\(time)Z-\(mail.id).eml"
        try await NIOThreadPool.singleton.runIfActive {
            try write(message, as: name)
        }
    }

    private func write(_ message: [UInt8], as name: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw notWritable(String(describing: error))
        }
        // Hidden and without .eml, so whoever reads the folder doesn't take it for a mail.
        let temporary = "\(folder)/.\(UUID().uuidString)"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw notWritable(reason(errno)) }
        do {
            defer { close(file) }
            try write(message, to: file)
            guard rename(temporary, "\(folder)/\(name)") == 0 else { throw notWritable(reason(errno)) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func write(_ message: [UInt8], to file: Int32) throws {
        var rest = message[...]
        while !rest.isEmpty {
            // Safe: the pointer isn't used after the call.
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw notWritable(reason(errno)) }
            rest = rest.dropFirst(count)
        }
        // Without it a power failure could leave a file that has its name but not its contents.
        guard fsync(file) == 0 else { throw notWritable(reason(errno)) }
    }

    // Safe: strerror's text is copied before anything else can be called on this thread.
    private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    private func notWritable(_ reason: String) -> ServiceError {
        ServiceError(
            .unavailable, code: "mail.folder_not_writable",
            "The mail folder \(folder) can't be written to: \(reason). Check its owner and the space left."
        )
    }
}
