import Backups
import Contracts

extension DataFolderLock {
    /// Taken by a process that serves, before it opens anything, and released when it has ended.
    ///
    /// - Returns: `nil` on PostgreSQL, where several may serve from one database, and for a gateway alone.
    /// - Throws: `DataFolderInUse`, which ends the program with status 78 (EX_CONFIG); `BackupError` when a restore
    ///   into the folder was interrupted and can't be finished.
    static func serving(_ services: [ServiceName], settings: Settings) throws -> DataFolderLock? {
        let withData = services.filter { $0 != .gateway }
        guard settings.databaseURL == nil, !withData.isEmpty else { return nil }
        let lock = try DataFolderLock(settings.dataFolder, services: withData.map(\.rawValue))
        try RestoredFolder(settings.dataFolder).recover()
        return lock
    }
}
