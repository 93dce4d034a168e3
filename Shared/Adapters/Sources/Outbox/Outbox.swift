import Contracts

/// The tables that every service has beside its own: its events, who has received them, and which events
/// of others it has reacted to.
public enum Outbox {
    public static let migrations = [
        Migration(
            fileName: "0001_create_outbox",
            sqlite: PackageResources._001_create_outbox_sqlite_sql,
            postgres: PackageResources._001_create_outbox_postgres_sql),
        Migration(
            fileName: "0002_park_failed_deliveries",
            sqlite: PackageResources._002_park_failed_deliveries_sqlite_sql,
            postgres: PackageResources._002_park_failed_deliveries_postgres_sql),
    ]
}
