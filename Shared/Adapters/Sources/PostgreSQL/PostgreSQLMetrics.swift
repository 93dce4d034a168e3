/// How busy one kind of connection is, at one moment.
public struct PoolMetrics: Sendable, Hashable {
    /// Connections that are there.
    public let open: Int
    public let busy: Int
    /// Callers in line.
    public let waiting: Int
    /// The longest that anybody has waited in line since the last look.
    public let longestWait: Duration
}

/// How busy the connections of one database are.
public struct PostgreSQLMetrics: Sendable, Hashable {
    /// For single statements. Busy are those that owe an answer.
    public let shared: PoolMetrics
    /// For transactions, and for reads of several statements.
    public let exclusive: PoolMetrics
    public let streams: PoolMetrics
}
