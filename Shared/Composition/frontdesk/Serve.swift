import ArgumentParser
import Bootstrap
import Contracts

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run Frontdesk until Ctrl-C or SIGTERM.",
        discussion: """
            Settings come from the environment, then from the configuration file, then from the defaults.
            In the file the key http.port is {"http": {"port": 8080}}.

            \(settingList)
            """
    )

    @Option(help: ArgumentHelp("Read settings from this JSON file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Run only this service: \(ServiceName.allCases.map(\.rawValue).joined(separator: ", ")). Needs FRONTDESK_BUS=http.",
            valueName: "service"))
    var only: ServiceName?

    @Option(help: ArgumentHelp("Listen on this port; same as FRONTDESK_HTTP_PORT.", valueName: "port"))
    var port: Int?

    @Option(help: ArgumentHelp("Keep the data in this folder; same as FRONTDESK_DATA.", valueName: "folder"))
    var data: String?

    func validate() throws {
        if let port, !(0...65535).contains(port) { throw ValidationError("--port takes 0 to 65535.") }
    }

    func run() async throws {
        try await FrontdeskProcess.main(
            services: only.map { [$0] } ?? ServiceName.allCases, configurationFile: config
        ) { settings in
            if let port { settings.httpPort = port }
            if let data { settings.dataFolder = data }
        }
    }

    private static var settingList: String {
        Setting.all.map { setting in
            let value = setting.defaultText.map { " (default: \($0))" } ?? ""
            return "\(setting.variable)\n    \(setting.purpose)\n    Takes \(setting.form)\(value)."
        }.joined(separator: "\n")
    }
}

// Why retroactive: ServiceName is ours, and only this command line reads it from an argument.
extension ServiceName: @retroactive ExpressibleByArgument {}
