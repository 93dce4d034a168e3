import Contracts

/// The tables that every service has beside its own: its events, who has received them, and which events
/// of others it has reacted to.
public enum Outbox {
    public static let migrations = [
        Migration(
            fileName: "0001_create_outbox", script: PackageResources._001_create_outbox_sqlite_sql)
    ]
}
