import CCurl
import Contracts
import Testing

@testable import Mail

@Suite struct SMTPOutcomeTests {
    private func error(_ result: CURLcode, _ stage: SMTPStage, _ reply: Int) -> String {
        let error = SMTPOutcome(result: result, stage: stage, reply: reply).error
        return error.map { "\($0.kind) \($0.code)" } ?? "none"
    }

    @Test func acceptedMailIsNoError() {
        #expect(error(CURLE_OK, .content, 250) == "none")
    }

    @Test func temporaryRefusalsAreWorthTryingAgain() {
        for stage in [SMTPStage.greeting, .login, .sender, .recipient, .content] {
            #expect(error(CURLE_SEND_ERROR, stage, 451) == "unavailable mail.unavailable")
        }
        #expect(error(CURLE_LOGIN_DENIED, .login, 454) == "unavailable mail.unavailable")
    }

    @Test func networkFailuresAreWorthTryingAgain() {
        for result in [
            CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_RECV_ERROR, CURLE_OPERATION_TIMEDOUT,
        ] {
            #expect(error(result, .greeting, 0) == "unavailable mail.unavailable")
        }
    }

    @Test func missingTLSNeverMeansGivingUpTheMail() {
        #expect(error(CURLE_USE_SSL_FAILED, .greeting, 220) == "unavailable mail.tls_failed")
        #expect(error(CURLE_USE_SSL_FAILED, .greeting, 502) == "unavailable mail.tls_failed")
        #expect(error(CURLE_PEER_FAILED_VERIFICATION, .greeting, 220) == "unavailable mail.tls_failed")
    }

    @Test func refusedLoginWaitsForACorrection() {
        #expect(error(CURLE_LOGIN_DENIED, .login, 535) == "unavailable mail.login_refused")
        #expect(error(CURLE_LOGIN_DENIED, .greeting, 250) == "unavailable mail.login_refused")
        #expect(error(CURLE_SEND_ERROR, .sender, 530) == "unavailable mail.login_refused")
    }

    @Test func refusedSenderWaitsForACorrection() {
        #expect(error(CURLE_SEND_ERROR, .sender, 550) == "unavailable mail.sender_refused")
    }

    @Test func refusalOfRecipientOrMailIsFinal() {
        #expect(error(CURLE_SEND_ERROR, .recipient, 550) == "invalid mail.recipient_refused")
        #expect(error(CURLE_WEIRD_SERVER_REPLY, .content, 554) == "invalid mail.message_refused")
        #expect(error(CURLE_SEND_ERROR, .sender, 552) == "invalid mail.message_refused")
    }

    @Test func lineOfALoginIsNoCommand() {
        #expect(SMTPStage(command: Array("DATAcQ==\r\n".utf8)) == nil)
        #expect(SMTPStage(command: Array("DATA\r\n".utf8)) == .content)
        #expect(SMTPStage(command: Array("RCPT TO:<ada@example.com>\r\n".utf8)) == .recipient)
        #expect(SMTPStage(command: Array("QUIT\r\n".utf8)) == nil)
    }
}
