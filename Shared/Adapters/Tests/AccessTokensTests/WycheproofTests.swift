import FoundationEssentials
import Testing

@testable import AccessTokens

private let dataFolder = ProcessInfo.processInfo.environment["FRONTDESK_TEST_DATA"]

/// Project Wycheproof's vectors for JSON Web Signatures. Their payloads aren't claims, so they are put to
/// the layer that checks signatures. Whatever isn't ES256, valid or not, must be refused.
@Suite(
    .enabled(
        if: dataFolder != nil,
        "Set FRONTDESK_TEST_DATA to the folder that holds security/wycheproof_json_web_signature.json."))
struct WycheproofTests {
    @Test func vectorsAreJudgedAsExpected() async throws {
        let path = try #require(dataFolder) + "/security/wycheproof_json_web_signature.json"
        let file = try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: URL(filePath: path)))
        var judged = 0
        var accepted: [Int] = []
        for group in file.testGroups {
            let jwk = group.public ?? group.private
            let keys = try await KeySet(
                json: String(decoding: JSONEncoder().encode(["keys": [jwk]]), as: UTF8.self))
            let isOurs = jwk["alg"]?.text == "ES256"
            for vector in group.tests {
                let isAccepted = CompactJWS(vector.jws).map(keys.verifies) ?? false
                #expect(
                    isAccepted == (isOurs && vector.result == "valid"), "\(vector.tcId): \(vector.comment)")
                judged += 1
                if isAccepted { accepted.append(vector.tcId) }
            }
        }
        #expect(judged == file.numberOfTests)
        #expect(accepted == [18, 378])
    }
}

private struct VectorFile: Decodable {
    let numberOfTests: Int
    let testGroups: [Group]

    struct Group: Decodable {
        let `public`: [String: Member]?
        let `private`: [String: Member]
        let tests: [Vector]
    }

    struct Vector: Decodable {
        let tcId: Int
        let comment: String
        let jws: String
        let result: String
    }

    /// A member of a JWK: text, or for `key_ops` a list.
    enum Member: Codable {
        case one(String)
        case many([String])

        var text: String? {
            if case .one(let text) = self { text } else { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .one(text)
            } else {
                self = .many(try container.decode([String].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .one(let text): try container.encode(text)
            case .many(let texts): try container.encode(texts)
            }
        }
    }
}
