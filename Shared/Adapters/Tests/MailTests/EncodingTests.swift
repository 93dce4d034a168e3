import Contracts
import Testing

@testable import Mail

@Suite struct EncodingTests {
    static let subjects = [
        "Wo bleibt mein Päckchen?", "ご注文はどこですか？お届けまでもうしばらくお待ちください。", "=?UTF-8?Q?not_a_word?=",
        String(repeating: "a long subject ", count: 20) + "ends", "👩‍👩‍👧‍👦" + String(repeating: "👩‍👩‍👧‍👦", count: 30), "",
    ]

    @Test(arguments: subjects)
    func subjectArrivesAsItWasWritten(subject: String) throws {
        #expect(try InternetMessage.received(.sample(subject: subject)).subject == subject)
    }

    @Test(arguments: subjects)
    func headerLinesWithEncodedWordsStayShort(subject: String) throws {
        let message = try InternetMessage.received(.sample(subject: subject), from: .sample(name: subject))
        #expect(message.rawLines.allSatisfy { $0.utf8.count <= 76 || !$0.contains("=?UTF-8") })
        #expect(message.rawLines.allSatisfy { $0.utf8.count <= 998 })
    }

    @Test func encodedWordsTearNoCharacter() throws {
        let words = HeaderText.encodedWords(String(repeating: "aä漢🙂", count: 40)).split(separator: "\r\n ")
        #expect(words.count > 5)
        for word in words {
            let message = ReceivedMessage(Array("Subject: \(word)\r\n\r\n".utf8))
            #expect(!message.subject.contains("\u{FFFD}"))
        }
    }

    static let texts = [
        "One line without an end", "\n", "Ends\n\n\n", ".\n..\n. begins with dots\n",
        "blank at the end \t \nnext\n",
        "3 = 2 + 1, =3D isn't an escape", String(repeating: "word ", count: 1000) + "\n",
        String(repeating: "x", count: 5000) + "\n", "Grüße aus Köln\n" + String(repeating: "plain ", count: 40),
        String(repeating: "お待ちください。", count: 500) + "\n", "nul \u{0} escape \u{1B}[31m\n", "",
    ]

    @Test(arguments: texts)
    func textArrivesAsItWasWritten(text: String) throws {
        let expected = text.hasSuffix("\n") ? text : text + "\n"
        #expect(try InternetMessage.received(.sample(text: text)).text == expected)
    }

    @Test(arguments: texts)
    func linesAreShortASCIIWithoutBlanksAtTheirEnd(text: String) throws {
        for line in try InternetMessage.received(.sample(text: text)).rawLines {
            #expect(line.utf8.count <= 76)
            #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 })
            #expect(!line.hasSuffix(" ") && !line.hasSuffix("\t"))
        }
    }

    @Test func everyKindOfLineBreakBecomesCRLF() throws {
        #expect(try InternetMessage.received(.sample(text: "a\r\nb\rc\n\r\nd")).text == "a\nb\nc\n\nd\n")
    }

    @Test func textTakesTheShorterEncoding() {
        #expect(TransferEncoding(for: "Grüße aus der Küche, bitte melden") == .quotedPrintable)
        #expect(TransferEncoding(for: "お待ちください。") == .base64)
    }
}
