import Backups
import Contracts
import FoundationEssentials
import Glibc
import Logging

extension FrontdeskProcess {
    /// Runs services from the environment and, if given, a configuration file, until a signal.
    ///
    /// A setting that can't be used ends the program at once, with status 78 (EX_CONFIG of sysexits.h).
    ///
    /// - Parameter adjust: What the command line says, which goes before everything else.
    public static func main(
        services: [ServiceName], configurationFile: String?, adjust: (inout Settings) -> Void = { _ in }
    ) async throws {
        let settings: Settings
        do {
            var read = try Settings(
                SettingSource(environment: ProcessInfo.processInfo.environment, file: configurationFile))
            adjust(&read)
            if services != ServiceName.allCases, case .inProcess = read.bus {
                throw BadSetting(
                    key: "bus (FRONTDESK_BUS)",
                    problem: "A process with some of the services needs http, to reach the others.")
            }
            settings = read
        } catch {
            Terminal.note("\(error)")
            exit(EX_CONFIG)
        }
        let process = FrontdeskProcess(
            settings: settings, services: services, logger: .frontdesk(level: settings.logLevel)
        ) { port in
            let name = services.count == 1 ? "The service \(services[0])" : "Frontdesk"
            let isGateway = services.contains(.gateway)
            Terminal.say(
                isGateway
                    ? "\(name) is ready at \(HTTPAddress(host: settings.httpHost, port: port).url)"
                    : "\(name) is ready on port \(port)")
        }
        do {
            try await process.run()
        } catch let inUse as DataFolderInUse {
            Terminal.note("\(inUse)")
            exit(EX_CONFIG)
        } catch {
            let isTaken = "\(error)".contains("Address already in use")
            Terminal.note(
                isTaken
                    ? "Another program listens on the port already. Choose another with FRONTDESK_HTTP_PORT."
                    : "Frontdesk can't go on: \(error)")
            exit(EXIT_FAILURE)
        }
    }
}

extension Logger {
    /// To standard error, a line each.
    public static func frontdesk(level: Logger.Level) -> Logger {
        var logger = Logger(label: "frontdesk", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level
        return logger
    }
}
