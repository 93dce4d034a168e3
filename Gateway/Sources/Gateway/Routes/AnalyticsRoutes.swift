import Contracts
import Hummingbird

/// `/v1/analytics`: what happened, in numbers.
struct AnalyticsRoutes {
    let bus: any Bus

    func register(on group: RouterGroup<EdgeContext>) {
        group.get("overview") { request, context in
            try await Response.json(bus.ask(AnalyticsOverview(), context.message(for: request)))
        }
    }
}
