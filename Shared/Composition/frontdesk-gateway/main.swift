import Bootstrap
import Contracts

// The gateway service as a process of its own. `frontdesk serve --only gateway` is the same.
try await FrontdeskProcess.main(services: [.gateway], configurationFile: nil)
