import FoundationEssentials

/// Where settings come from: the environment first, then the configuration file, then the defaults.
public struct SettingSource: Sendable {
    private let environment: [String: String]
    private let file: [String: String]

    /// Variables with our prefix that aren't settings: for building and testing.
    private static let otherVariables = ["FRONTDESK_STRICT", "FRONTDESK_TEST_"]

    /// - Parameters:
    ///   - environment: All variables; those that don't begin with `FRONTDESK_` are passed over.
    ///   - file: The path of a JSON file, `{"http": {"port": 8080}}`.
    /// - Throws: ``BadSetting`` for a file that can't be read, or a key that doesn't exist.
    public init(environment: [String: String], file: String?) throws(BadSetting) {
        self.environment = environment.filter { $0.key.hasPrefix("FRONTDESK_") && !$0.value.isEmpty }
        self.file = try file.map(Self.read) ?? [:]
        try checkNames()
    }

    /// What is set, as text.
    func text(_ setting: Setting) -> String? {
        environment[setting.variable] ?? file[setting.key] ?? setting.defaultText
    }

    private func checkNames() throws(BadSetting) {
        let variables = Set(Setting.all.map(\.variable))
        for name in environment.keys.sorted() where !variables.contains(name) {
            if Self.otherVariables.contains(where: name.hasPrefix) { continue }
            throw BadSetting(key: name, problem: "There is no such setting.")
        }
        let keys = Set(Setting.all.map(\.key))
        for key in file.keys.sorted() where !keys.contains(key) {
            throw BadSetting(key: key, problem: "There is no such setting.")
        }
    }

    private static func read(_ path: String) throws(BadSetting) -> [String: String] {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            return try JSONDecoder().decode(SettingTree.self, from: data).flattened()
        } catch {
            throw BadSetting(key: path, problem: "The configuration file can't be read as JSON. \(error)")
        }
    }
}

/// A setting that can't be used. Ends the start.
public struct BadSetting: Error, CustomStringConvertible {
    let key: String
    let problem: String

    init(key: String, problem: String) {
        self.key = key
        self.problem = problem
    }

    /// Names the setting and what it takes, never its value when that is a secret.
    init(_ setting: Setting, value: String?) {
        key = "\(setting.key) (\(setting.variable))"
        let shown = value.map { setting.isSecret ? "What is set" : "\"\($0)\"" } ?? "Nothing"
        problem = "\(shown) isn't \(setting.form)."
    }

    public var description: String {
        "\(key): \(problem) `frontdesk serve --help` lists all settings."
    }
}

/// The configuration file: objects within objects, with text, numbers or truth values at the ends.
private enum SettingTree: Decodable {
    case leaf(String)
    case branch([String: SettingTree])

    init(from decoder: any Decoder) throws {
        if let branch = try? decoder.singleValueContainer().decode([String: SettingTree].self) {
            self = .branch(branch)
            return
        }
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .leaf(text)
        } else if let number = try? container.decode(Int.self) {
            self = .leaf(String(number))
        } else {
            self = .leaf(String(try container.decode(Bool.self)))
        }
    }

    func flattened(_ prefix: String = "") -> [String: String] {
        switch self {
        case .leaf(let text): [prefix: text]
        case .branch(let branch):
            branch.reduce(into: [:]) { all, entry in
                let path = prefix.isEmpty ? entry.key : "\(prefix).\(entry.key)"
                all.merge(entry.value.flattened(path)) { first, _ in first }
            }
        }
    }
}
