import Bootstrap
import Contracts

// The notification service as a process of its own. `frontdesk serve --only notification` is the same.
try await FrontdeskProcess.main(services: [.notification], configurationFile: nil)
