import Backups
import Glibc
import Testing

@Suite struct DataFolderLockTests {
    @Test func secondServerIsToldWhoHasTheData() async throws {
        try await withTemporaryFolder { folder async throws in
            let first = try DataFolderLock("\(folder)/data", services: ["ai", "chat"])
            let error = #expect(throws: DataFolderInUse.self) {
                try DataFolderLock("\(folder)/data", services: ["chat", "user"])
            }
            #expect(error?.service == "chat" && error?.processID == getpid())
            #expect(error?.description.contains("process \(getpid())") == true)
            // What the second one had already taken it has let go.
            let third = try DataFolderLock("\(folder)/data", services: ["user"])
            first.release()
            let second = try DataFolderLock("\(folder)/data", services: ["ai", "chat"])
            withExtendedLifetime((second, third)) {}
        }
    }
}
