import Contracts
import FoundationEssentials
import Testing

@Suite struct IdentifierTests {
    @Test func identifierIsReadInEitherCaseAndWrittenInLower() throws {
        let upper = try #require(AccountID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        #expect(upper == AccountID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
        #expect("\(upper)" == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        let json = try JSONEncoder().encode([upper])
        #expect(String(decoding: json, as: UTF8.self) == #"["017f22e2-79b0-7cc3-98c4-dc0c0c07398f"]"#)
        #expect(try JSONDecoder().decode([AccountID].self, from: json) == [upper])
    }

    @Test(arguments: [
        "", "017f22e2", "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        " 017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "０17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    ])
    func whatIsNoUUIDIsNoIdentifier(text: String) throws {
        #expect(AccountID(text) == nil)
        let json = try JSONEncoder().encode(text)
        #expect(throws: (any Error).self) { try JSONDecoder().decode(AccountID.self, from: json) }
    }
}

@Suite struct UUIDVersion7Tests {
    // RFC 9562, appendix A.6.
    @Test func timeStandsInFront() throws {
        var random = Seeded(1)
        let uuid = UUID.version7(at: try #require(Instant(rfc3339: "2022-02-22T19:22:22Z")), using: &random)
        #expect(uuid.uuidString.hasPrefix("017F22E2-79B0-7000-"))
    }

    @Test func versionAndVariantAreRightWhateverTheRandomBits() {
        var random = Seeded(2)
        var seenLow: UInt8 = 0
        for _ in 0..<1000 {
            let instant = Instant(
                microsecondsSinceEpoch: .random(in: 0..<4_000_000_000_000_000, using: &random))
            let bytes = UUID.version7(at: instant, using: &random).uuid
            #expect(bytes.6 >> 4 == 7)
            #expect(bytes.8 >> 6 == 0b10)
            seenLow |= bytes.8 & 0x3F
        }
        #expect(seenLow == 0x3F)
    }

    @Test func laterIsGreaterToTheMicrosecond() {
        var random = Seeded(3)
        for _ in 0..<1000 {
            let start = Int64.random(in: 0..<4_000_000_000_000_000, using: &random)
            let gap = Int64.random(in: 1...2000, using: &random)
            let earlier = UUID.version7(at: Instant(microsecondsSinceEpoch: start), using: &random)
            let later = UUID.version7(at: Instant(microsecondsSinceEpoch: start + gap), using: &random)
            #expect(earlier < later)
            #expect(ConversationID(earlier) < ConversationID(later))
            #expect("\(ConversationID(earlier))" < "\(ConversationID(later))")
        }
    }

    @Test func sameMomentGivesDifferentIdentifiers() {
        var random = Seeded(4)
        let uuids = (0..<10_000).map { _ in
            UUID.version7(at: Instant(microsecondsSinceEpoch: 7), using: &random)
        }
        #expect(Set(uuids).count == uuids.count)
    }

    @Test func momentBeforeTheEpochCountsAsTheEpoch() {
        var random = Seeded(5)
        let uuid = UUID.version7(at: Instant(microsecondsSinceEpoch: -1), using: &random)
        #expect(uuid.uuidString.hasPrefix("00000000-0000-7000-"))
    }
}
