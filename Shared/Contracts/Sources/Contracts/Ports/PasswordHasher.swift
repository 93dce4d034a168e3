/// Turns passwords into what may be stored.
public protocol PasswordHasher: Sendable {
    /// - Returns: The hash with its salt and parameters, in PHC string format.
    /// - Throws: `.unavailable` when too many wait.
    func hash(_ password: String) async throws -> String

    /// Whether `password` gave `hash`. Takes as long for no hash as for a wrong one, so an answer's time
    /// doesn't tell whether an account exists.
    func verify(_ password: String, against hash: String?) async throws -> Bool
}
