import Contracts
import FoundationEssentials
import Testing

@Suite struct ServiceErrorTests {
    @Test(arguments: ServiceError.Kind.allCases) func errorSurvivesTheWire(kind: ServiceError.Kind) throws {
        for error in [
            ServiceError(kind, code: "chat.code", "Пароль \"quoted\"\n"),
            ServiceError(
                kind, code: "chat.code", "",
                fields: [.init(field: "a[1].b", code: "required", message: "Give it.")],
                retryAfterSeconds: 7),
        ] {
            #expect(try JSONDecoder().decode(ServiceError.self, from: JSONEncoder().encode(error)) == error)
        }
    }

    @Test func anyErrorHasAFormThatMayLeave() {
        struct Mishap: Error, CustomStringConvertible {
            let description = "the password is hunter2"
        }
        let own = ServiceError(.conflict, code: "chat.code", "Own.")
        #expect(ServiceError(describing: own) == own)
        #expect(ServiceError(describing: CancellationError()) == .cancelled)
        #expect(
            ServiceError(describing: DatabaseError.unavailable("/data/chat.sqlite")) == .databaseUnavailable)
        #expect(ServiceError(describing: DatabaseError.uniqueViolation("accounts.email")) == .concurrentChange)
        for secret in [Mishap(), DatabaseError.failed("hunter2"), DatabaseError.constraintViolation("hunter2")]
            as [any Error]
        {
            #expect(ServiceError(describing: secret) == .internal)
        }
        #expect(!"\(ServiceError.internal)".contains("hunter2"))
    }

    @Test func whatMayPassByItselfIsTransient() {
        let transient = ServiceError.Kind.allCases.filter { ServiceError($0, code: "c", "m").isTransient }
        #expect(
            Set(transient) == [.unavailable, .deadlineExceeded, .rateLimited, .cancelled, .internal, .conflict])
    }

    @Test func wrongFieldIsNamed() {
        let error = ServiceError.invalid(field: "email", code: "required", "Give it.")
        #expect(error.kind == .invalid)
        #expect(error.code == "invalid_request")
        #expect(error.fields == [.init(field: "email", code: "required", message: "Give it.")])
    }
}
