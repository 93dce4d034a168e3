import Bootstrap
import Contracts

// The chat service as a process of its own. `frontdesk serve --only chat` is the same.
try await FrontdeskProcess.main(services: [.chat], configurationFile: nil)
