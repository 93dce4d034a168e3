import FoundationEssentials

/// A data folder that is being restored, also when it can't be replaced as a whole: a mounted volume.
///
/// Everything is first written to a folder within it. Giving that another name is the moment at which the
/// restored data counts; from then on it is moved up, and whoever comes after a crash finishes that.
public struct RestoredFolder: Sendable {
    private let folder: String

    /// Where it is written: worth nothing yet.
    var unfinished: String { "\(folder)/.restoring" }
    private var finished: String { "\(folder)/.restored" }

    public init(_ folder: String) {
        self.folder = folder
    }

    /// Finishes a restore that was interrupted when all was written. For whoever is about to serve from the folder;
    /// several may do it at once.
    /// - Throws: ``BackupError`` when one was interrupted before: then there is nothing to start from.
    public func recover() throws {
        if DurableFiles.exists(finished) { try moveUp() }
        try refuseUnfinished()
    }

    /// - Throws: ``BackupError`` when the folder is half restored.
    public func requireWhole() throws {
        try refuseUnfinished()
        guard !DurableFiles.exists(finished) else {
            throw BackupError("\(folder) is just being restored. Start the server once, which completes it.")
        }
    }

    /// - Throws: ``BackupError`` when there is something in it.
    func begin() throws {
        try DurableFiles.createFolder(folder)
        if DurableFiles.exists(finished) { try moveUp() }
        let present = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            // Locks hold nothing, and a new volume may have the other.
            !$0.hasSuffix(".lock") && $0 != "lost+found" && $0 != DurableFiles.name(of: unfinished)
        }
        guard present.isEmpty else {
            throw BackupError(
                "\(folder) isn't empty, and nothing in it is replaced. Restore into a new folder with --data.")
        }
        try DurableFiles.removeFolder(unfinished)
        try DurableFiles.createFolder(unfinished)
    }

    /// - Precondition: Every file is on the disk.
    func complete() throws {
        try DurableFiles.flush(folder: unfinished)
        try DurableFiles.rename(unfinished, to: finished)
        try DurableFiles.flush(folder: folder)
        try moveUp()
    }

    func giveUp() {
        // Left there it is refused by who comes next, with the advice to restore again.
        try? DurableFiles.removeFolder(unfinished)
    }

    private func moveUp() throws {
        // What isn't there any more, another one has moved.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: finished)) ?? [] {
            do {
                try DurableFiles.rename("\(finished)/\(name)", to: "\(folder)/\(name)")
            } catch  where !DurableFiles.exists("\(finished)/\(name)") {}
        }
        try DurableFiles.flush(folder: folder)
        do {
            try DurableFiles.removeFolder(finished)
        } catch  where !DurableFiles.exists(finished) {}
    }

    private func refuseUnfinished() throws {
        guard !DurableFiles.exists(unfinished) else {
            throw BackupError("A restore into \(folder) was interrupted. Run `frontdesk restore` again.")
        }
    }
}
