import Contracts
import FoundationEssentials
import Testing

@Suite struct PageTests {
    @Test func pageHasOneToAHundredItems() throws {
        #expect(try PageRequest().limit == 50)
        for limit in [1, 50, 100] { #expect(try PageRequest(limit: limit, cursor: "c").limit == limit) }
        for limit in [0, -1, 101, .max, .min] {
            let error = #expect(throws: ServiceError.self) { try PageRequest(limit: limit) }
            #expect(error?.kind == .invalid)
            #expect(error?.fields.map(\.field) == ["limit"])
            #expect(error?.fields.map(\.code) == ["out_of_range"])
        }
    }

    @Test func limitHoldsOnTheWireToo() throws {
        let page = try PageRequest(limit: 7, cursor: "c")
        #expect(try JSONDecoder().decode(PageRequest.self, from: JSONEncoder().encode(page)) == page)
        #expect(
            try JSONDecoder().decode(PageRequest.self, from: Data("{\"limit\":7}".utf8))
                == PageRequest(limit: 7))
        #expect(throws: ServiceError.self) {
            try JSONDecoder().decode(PageRequest.self, from: Data("{\"limit\":1000000}".utf8))
        }
    }

    @Test func lastPageSaysThatThereIsNoNext() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let last = Page(data: [1, 2], nextCursor: nil)
        #expect(
            try String(decoding: encoder.encode(last), as: UTF8.self) == #"{"data":[1,2],"next_cursor":null}"#)
        let first = Page(data: [1], nextCursor: "c")
        #expect(
            try String(decoding: encoder.encode(first), as: UTF8.self) == #"{"data":[1],"next_cursor":"c"}"#)
    }
}
