import Contracts
import FoundationEssentials
import Testing

@Suite struct EmailTests {
    @Test(arguments: [
        "ada@example.com", "a@b", "ada.lovelace+news@mail.example.co.uk", "用户@例子.广告", "jürgen@müller.example",
        "!#$%&'*+-/=?^_`{|}~@example.com", "ada@xn--hxajbheg2az3al.xn--jxalpdlp",
    ])
    func addressesThatPeopleHaveAreAccepted(text: String) throws {
        #expect(try Email(text).address == text)
    }

    @Test(arguments: [
        "ada", "@", "ada@", "@example.com", "ada@@example.com", "ada lovelace@example.com", "ada@example.com ",
        "ada@example.com\r\nBcc: all@example.com", "ada@example.com\0", "\"ada\"@example.com",
        "ada(c)@example.com",
        "ada@[127.0.0.1]", "<ada@example.com>", "ada@exam_ple.com", "ada@-example.com", "ada@example-.com",
        "ada@.com", "ada@example.", ".ada@example.com", "ada.@example.com", "a..da@example.com",
        "ada@ex\u{200B}ample.com",
        "ada\u{202E}@example.com", "ada@example.com,bob@example.com", "ada;bob@example.com",
        String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "b", count: 64) + ".com",
    ])
    func otherThingsAreRefused(text: String) {
        let error = #expect(throws: ServiceError.self) { try Email(text) }
        #expect(error?.fields.map(\.code) == ["invalid_email"])
    }

    @Test func nothingIsRequired() {
        #expect(
            throws: ServiceError.invalid(
                field: "email", code: "required", "Give an e-mail address, such as ada@example.com.")
        ) {
            try Email("")
        }
    }

    @Test func domainIsKeptInLowerCaseAndTheLocalPartAsTyped() throws {
        let email = try Email("Ada.L@EXAMPLE.Com")
        #expect(email.address == "Ada.L@example.com")
        #expect(try email.comparisonKey == Email("ada.l@example.COM").comparisonKey)
    }

    // İ takes two bytes, and three in lower case.
    @Test func whatIsAcceptedIsAcceptedAgain() throws {
        let label = String(repeating: "İ", count: 20)
        for count in 1...6 {
            let domain = Array(repeating: label, count: count).joined(separator: ".")
            guard let email = try? Email("ada@" + domain) else { continue }
            #expect(email.address.utf8.count <= 254)
            #expect(try Email(email.address) == email)
        }
    }

    @Test func emailIsAStringOnTheWire() throws {
        let json = Data(#"["Ada@EXAMPLE.com"]"#.utf8)
        let emails = try JSONDecoder().decode([Email].self, from: json)
        #expect(emails.map(\.address) == ["Ada@example.com"])
        #expect(try String(decoding: JSONEncoder().encode(emails), as: UTF8.self) == #"["Ada@example.com"]"#)
        #expect(throws: ServiceError.self) {
            try JSONDecoder().decode([Email].self, from: Data(#"["ada"]"#.utf8))
        }
    }

    /// isemail's verdicts on the form, and ours. Whether a domain can be found isn't our question, so its
    /// `DNSWARN` is a yes. Everything it calls deprecated, commented, quoted, literal or too long is a no here.
    @Test(.enabled(if: testData != nil)) func stricterThanIsemailAndNeverLaxer() throws {
        // Accepted here though isemail warns: top-level domains that it believes nobody can have.
        let acceptedDespiteWarning: Set = ["ISEMAIL_RFC5321_TLD", "ISEMAIL_RFC5321_TLDNUMERIC"]
        let file = URL(filePath: try #require(testData) + "/security/isemail-tests.xml")
        let text = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        var count = 0
        for test in text.split(separator: "<test id=").dropFirst() {
            let address = unescaped(content(of: "address", in: test))
            let category = content(of: "category", in: test)
            let diagnosis = content(of: "diagnosis", in: test)
            let expected =
                ["ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"].contains(category)
                || acceptedDespiteWarning.contains(diagnosis)
            #expect(((try? Email(address)) != nil) == expected, "\(diagnosis): \(address.debugDescription)")
            count += 1
        }
        #expect(count == 164)
    }

    private func content(of element: String, in text: Substring) -> String {
        guard let start = text.firstRange(of: "<\(element)>"), let end = text.firstRange(of: "</\(element)>")
        else {
            return ""
        }
        return String(text[start.upperBound..<end.lowerBound])
    }

    /// XML's escapes, and those of the file itself: U+2400 and on stand for the control characters.
    private func unescaped(_ text: String) -> String {
        var text = text
        for match in text.matches(of: /&#x([0-9A-Fa-f]+);/).reversed() {
            let scalar = UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init)!
            text.replaceSubrange(match.range, with: String(scalar))
        }
        for (escape, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
        ] {
            text = text.replacing(escape, with: character)
        }
        let scalars = text.unicodeScalars.map { scalar in
            (0x2400...0x2420).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0x2400)! : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

let testData = ProcessInfo.processInfo.environment["FRONTDESK_TEST_DATA"]
