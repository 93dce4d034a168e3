import Contracts

/// Where the services are: `http://127.0.0.1:8182` for Chat.
public struct ServiceRegistry: Sendable {
    private let addresses: [ServiceName: String]

    /// - Parameter addresses: Scheme, host and port, without a path.
    public init(addresses: [ServiceName: String]) {
        self.addresses = addresses
    }

    func address(of service: ServiceName) throws(ServiceError) -> String {
        guard let address = addresses[service] else {
            throw ServiceError(
                .unavailable, code: "bus.service_unknown",
                "No address is configured for the service \(service). Set FRONTDESK_BUS_\(service.rawValue.uppercased())_URL."
            )
        }
        return address
    }
}
