import Bootstrap
import Contracts

// The analytics service as a process of its own. `frontdesk serve --only analytics` is the same.
try await FrontdeskProcess.main(services: [.analytics], configurationFile: nil)
