import Contracts
import FoundationEssentials
import Testing

@testable import Gateway

@Suite struct BodyProblemTests {
    private struct Body: Decodable {
        let name: String
        let tags: [Tag]?
        struct Tag: Decodable {
            let label: String
            let weight: Int?
        }
    }

    @Test(arguments: [
        (#"{}"#, "name", "required"),
        (#"{"name": null}"#, "name", "required"),
        (#"{"name": 1}"#, "name", "wrong_type"),
        (#"{"name": "a", "tags": {}}"#, "tags", "wrong_type"),
        (#"{"name": "a", "tags": [{"label": "b"}, {}]}"#, "tags[1].label", "required"),
        (#"{"name": "a", "tags": [{"label": "b", "weight": "heavy"}]}"#, "tags[0].weight", "wrong_type"),
        (#"[]"#, "$", "wrong_type"),
        (#""text""#, "$", "wrong_type"),
    ])
    func wrongFieldIsNamed(json: String, field: String, code: String) throws {
        let error = try #require(throws: DecodingError.self) {
            try JSONDecoder().decode(Body.self, from: Data(json.utf8))
        }
        let problem = ServiceError(error)
        #expect(problem.kind == .invalid)
        #expect(problem.fields.map(\.field) == [field])
        #expect(problem.fields.map(\.code) == [code])
    }

    @Test(arguments: ["{", "", "{'name': 1}", "nul"])
    func whatIsNotJSONIsMalformed(text: String) throws {
        let error = try #require(throws: DecodingError.self) {
            try JSONDecoder().decode(Body.self, from: Data(text.utf8))
        }
        #expect(ServiceError(error) == .malformedJSON)
    }

    @Test(arguments: ServiceError.Kind.allCases)
    func everyKindHasAnErrorStatus(kind: ServiceError.Kind) throws {
        #expect((400...599).contains(kind.status))
        let problem = Problem(ServiceError(kind, code: "a.b", "Text"), requestID: "r")
        let json = String(decoding: try JSONEncoder().encode(problem), as: UTF8.self)
        for part in [
            "\"status\":\(kind.status)", "\"code\":\"a.b\"", "\"request_id\":\"r\"", "\"detail\":\"Text\"",
        ] {
            #expect(json.contains(part))
        }
    }
}
