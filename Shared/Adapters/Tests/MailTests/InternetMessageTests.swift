import Contracts
import Testing

@testable import Mail

@Suite struct InternetMessageTests {
    @Test func messageHasTheHeadersOfItsStandards() throws {
        let message = try InternetMessage.received(.sample())
        #expect(
            message.headers.map { "\($0.name): \($0.value)" } == [
                "Date: Sun, 01 Mar 2026 09:30:05 +0000",
                "From: \"Shop\" <help@example.com>",
                "To: ada@example.com",
                "Subject: Your conversation",
                "Message-ID: <transcript-1@example.com>",
                "Auto-Submitted: auto-generated",
                "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: quoted-printable",
            ])
        #expect(message.text == "Hello Ada,\nall is well.\n")
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
        ("1969-12-31T23:59:59.5Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
        ("2024-02-29T23:59:59.999999Z", "Thu, 29 Feb 2024 23:59:59 +0000"),
        ("2026-07-29T01:00:00+02:00", "Tue, 28 Jul 2026 23:00:00 +0000"),
    ])
    func datesAreWrittenWithTheirWeekday(date: String, expected: String) {
        #expect(InternetMessage.date(Instant(rfc3339: date)!) == expected)
    }

    @Test(arguments: [
        "Lost\r\nBcc: eve@example.com", "Lost\nBcc: eve@example.com", "Lost\rBcc: eve@example.com",
    ])
    func subjectCannotAddAHeader(subject: String) throws {
        let message = try InternetMessage.received(.sample(subject: subject))
        #expect(message.subject == "Lost Bcc: eve@example.com")
        #expect(message.headers.count == 9)
    }

    @Test func senderNameCannotAddAHeader() throws {
        let message = try InternetMessage.received(
            .sample(), from: .sample(name: "Shop\r\nBcc: eve@example.com\r\n"))
        #expect(message.header("From") == "\"Shop Bcc: eve@example.com\" <help@example.com>")
        #expect(message.headers.count == 9)
    }

    @Test(arguments: [
        (nil, "help@example.com"),
        (" \t", "help@example.com"),
        ("Ada \"The\" \\ Shop", "\"Ada \\\"The\\\" \\\\ Shop\" <help@example.com>"),
        ("Käse", "=?UTF-8?B?S8Okc2U=?= <help@example.com>"),
    ])
    func senderNameIsQuotedOrEncoded(name: String?, expected: String) throws {
        #expect(Mailbox.sample(name: name).header == expected)
    }

    @Test(arguments: ["", "a/../b", "a b", "a\r\nBcc: x", ".hidden", String(repeating: "a", count: 101), "ä"])
    func unfitIDIsRefused(id: String) {
        #expect {
            try InternetMessage(.sample(id: id), from: .sample())
        } throws: { error in
            (error as? ServiceError)?.code == "mail.invalid_id"
        }
    }
}
