import Contracts
import FoundationEssentials
import Testing

@testable import Mail

@Suite struct FolderMailerTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID().uuidString)")
        .path

    private func withMailer(_ body: (FolderMailer) async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(FolderMailer(folder: folder + "/outbox", sender: .sample()))
    }

    private var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder + "/outbox") }
    }

    @Test func mailBecomesAFileWithItsTimeAndID() async throws {
        try await withMailer { mailer in
            try await mailer.send(.sample(text: "Hello.\n"))
            #expect(try files == ["20260301T093005Z-transcript-1.eml"])
            let data = try Data(contentsOf: URL(filePath: folder + "/outbox/20260301T093005Z-transcript-1.eml"))
            #expect(ReceivedMessage(Array(data)).text == "Hello.\n")
        }
    }

    @Test func sameMailTwiceIsOneFile() async throws {
        try await withMailer { mailer in
            try await mailer.send(.sample())
            try await mailer.send(.sample())
            try await mailer.send(.sample(id: "transcript-2"))
            #expect(try files.count == 2)
        }
    }

    @Test func folderIsReadableByItsOwnerOnly() async throws {
        try await withMailer { mailer in
            try await mailer.send(.sample())
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/outbox")
            #expect(attributes[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test func folderThatCannotBeMadeIsUnavailable() async throws {
        try await withMailer { mailer in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("a file".utf8).write(to: URL(filePath: folder + "/outbox"))
            let error = await serviceError { try await mailer.send(.sample()) }
            #expect(error?.kind == .unavailable)
            #expect(error?.code == "mail.folder_not_writable")
        }
    }
}
