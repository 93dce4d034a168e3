import Contracts
import FoundationEssentials
import Testing

@Suite struct InstantTests {
    @Test func everyMomentOfTheCalendarComesBack() throws {
        let years0000To9999 = -62_167_219_200_000_000...253_402_300_799_999_999 as ClosedRange<Int64>
        var random = Seeded(1)
        for _ in 0..<20_000 {
            let instant = Instant(microsecondsSinceEpoch: .random(in: years0000To9999, using: &random))
            let text = instant.rfc3339
            #expect(text.utf8.count == 27)
            #expect(Instant(rfc3339: text) == instant)
        }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (1_772_357_400_123_456, "2026-03-01T09:30:00.123456Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ])
    func knownMoment(microseconds: Int64, text: String) throws {
        let instant = Instant(microsecondsSinceEpoch: microseconds)
        #expect("\(instant)" == text)
        #expect(Instant(rfc3339: text) == instant)
        #expect(instant.day == String(text.prefix(10)))
        let json = try JSONEncoder().encode([instant])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Instant].self, from: json) == [instant])
    }

    @Test(arguments: [
        "2026-03-01T09:30:00Z", "2026-03-01t09:30:00z", "2026-03-01 09:30:00Z", "2026-03-01T09:30:00.0Z",
        "2026-03-01T09:30:00.000000999Z", "2026-03-01T10:30:00+01:00", "2026-02-28T23:45:00-09:45",
        "2026-03-02T09:29:00+23:59", "2026-03-01T09:30:00-00:00",
    ])
    func sameMomentInOtherWords(text: String) {
        #expect(Instant(rfc3339: text) == Instant(rfc3339: "2026-03-01T09:30:00.000000Z"))
    }

    @Test func decimalsAreFractionsOfASecond() throws {
        for (decimals, microseconds) in [
            ("1", 100_000), ("12", 120_000), ("000001", 1), ("1234567", 123_456), ("999999999", 999_999),
        ] {
            let instant = try #require(Instant(rfc3339: "1970-01-01T00:00:00.\(decimals)Z"))
            #expect(instant.microsecondsSinceEpoch == Int64(microseconds))
        }
    }

    @Test(arguments: ["2024-02-29", "2000-02-29", "0000-02-29", "2026-12-31", "2026-04-30"])
    func dateThatExistsIsRead(date: String) {
        #expect(Instant(rfc3339: date + "T00:00:00Z")?.day == date)
    }

    @Test(arguments: [
        "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        // A leap second: no clock here counts them.
        "2016-12-31T23:59:60Z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00Z",
        "2026-01-01", "20260101T000000Z", "26-01-01T00:00:00Z", "+2026-01-01T00:00:00Z", "-001-01-01T00:00:00Z",
        "2026-1-1T00:00:00Z", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ",
        "２026-01-01T00:00:00Z", "2026-01-01T00:00:00\u{0}Z", "", "now",
    ])
    func whatIsNoMomentIsRefused(text: String) throws {
        #expect(Instant(rfc3339: text) == nil)
        let json = try JSONEncoder().encode(text)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Instant.self, from: json) }
    }

    @Test func instantsAddAndCompare() {
        let instant = Instant(microsecondsSinceEpoch: 1_000_000)
        #expect((instant + .milliseconds(1500)).microsecondsSinceEpoch == 2_500_000)
        #expect((instant + .milliseconds(-1500)).microsecondsSinceEpoch == -500_000)
        #expect((instant + .microseconds(-1)) < instant)
        #expect(instant + .nanoseconds(999) == instant)
    }
}
