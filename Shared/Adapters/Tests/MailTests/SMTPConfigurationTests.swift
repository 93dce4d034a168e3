import Contracts
import Testing

@testable import Mail

@Suite struct SMTPConfigurationTests {
    private func configuration(
        _ url: String, user: String? = nil, password: String? = nil, requiresTLS: Bool = true
    ) throws(ServiceError) -> SMTPConfiguration {
        try SMTPConfiguration(
            url: url, sender: .sample(), user: user, password: password, requiresTLS: requiresTLS)
    }

    @Test(arguments: [
        ("smtp://mail.example.com", true, "smtp://mail.example.com:587"),
        ("smtp://mail.example.com", false, "smtp://mail.example.com:25"),
        ("SMTPS://mail.example.com/", true, "smtps://mail.example.com:465"),
        ("smtp://[::1]:2525", true, "smtp://[::1]:2525"),
    ])
    func portFollowsFromHowTheServerIsSpokenTo(url: String, requiresTLS: Bool, server: String) throws {
        #expect(try configuration(url, requiresTLS: requiresTLS).server == server)
    }

    @Test(arguments: [
        "", "mail.example.com", "https://mail.example.com", "smtp://", "smtp://host:0", "smtp://host:65536",
        "smtp://host/path", "smtp://host?x", "smtp://user:secret@host",
    ])
    func otherURLsAreRefusedWithoutRepeatingThem(url: String) {
        #expect {
            try configuration(url)
        } throws: { error in
            let error = error as? ServiceError
            return error?.fields.first?.field == "url" && error?.message.contains("secret") == false
        }
    }

    @Test func halfALoginIsRefused() {
        #expect(throws: ServiceError.self) { try configuration("smtp://host", user: "u") }
        #expect(throws: ServiceError.self) { try configuration("smtp://host", password: "p") }
        #expect(throws: ServiceError.self) { try configuration("smtp://host", user: "u", password: "") }
    }

    @Test func passwordIsNeverSentUnencrypted() throws {
        #expect(throws: ServiceError.self) {
            try configuration("smtp://host", user: "u", password: "p", requiresTLS: false)
        }
        #expect(
            try configuration("smtps://host", user: "u", password: "p", requiresTLS: false).security == .tls)
    }

    @Test func passwordIsNotInAnyDescription() throws {
        let configuration = try configuration("smtp://host", user: "u", password: "hunter2")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!"\(configuration) \(String(reflecting: configuration)) \(dumped)".contains("hunter2"))
    }
}
