import Bootstrap
import Contracts

// The user service as a process of its own. `frontdesk serve --only user` is the same.
try await FrontdeskProcess.main(services: [.user], configurationFile: nil)
