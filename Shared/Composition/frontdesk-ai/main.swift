import Bootstrap
import Contracts

// The ai service as a process of its own. `frontdesk serve --only ai` is the same.
try await FrontdeskProcess.main(services: [.ai], configurationFile: nil)
