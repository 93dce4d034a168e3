import ArgumentParser
import Bootstrap
import FoundationEssentials

/// Which data a command works on.
struct DataFolder: ParsableArguments {
    @Option(help: ArgumentHelp("The data folder; same as FRONTDESK_DATA.", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("Read settings from this JSON file.", valueName: "file"))
    var config: String?

    func settings() throws -> Settings {
        do {
            var settings = try Settings(
                SettingSource(environment: ProcessInfo.processInfo.environment, file: config))
            if let data { settings.dataFolder = data }
            return settings
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
