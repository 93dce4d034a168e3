import FoundationEssentials
import Testing

/// How the services of a tested Frontdesk talk to each other.
enum Transport: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess = "in-process"
    case http

    var testDescription: String { rawValue }

    /// The settings that choose it. The secret is for tests only.
    var settings: [String: String] {
        switch self {
        case .inProcess: [:]
        case .http: HTTPBusSettings.make()
        }
    }
}

/// The bus over loopback, each service on a port of its own.
enum HTTPBusSettings {
    static let secret = "integration-test-bus-secret-0123456789"

    static func make() -> [String: String] {
        var settings = ["FRONTDESK_BUS": "http", "FRONTDESK_BUS_SECRET": secret]
        for service in ["USER", "CHAT", "AI", "ANALYTICS", "NOTIFICATION", "GATEWAY"] {
            settings["FRONTDESK_BUS_\(service)_URL"] = "http://127.0.0.1:\(FreePort.next())"
        }
        return settings
    }
}

/// The data sets that `FRONTDESK_TEST_DATA` names; tests that need them are skipped without.
enum TestData {
    static let folder = ProcessInfo.processInfo.environment["FRONTDESK_TEST_DATA"]

    static var isThere: Bool { folder != nil }

    static func read(_ path: String) throws -> Data {
        guard let folder else { throw HarnessError("FRONTDESK_TEST_DATA isn't set.") }
        return try Data(contentsOf: URL(filePath: "\(folder)/\(path)"))
    }

    static func names(in path: String) throws -> [String] {
        guard let folder else { throw HarnessError("FRONTDESK_TEST_DATA isn't set.") }
        return try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)").sorted()
    }
}

struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
