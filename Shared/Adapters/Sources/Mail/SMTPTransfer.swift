import CCurl
import Contracts

/// One mail's dialogue with the server. Blocks its thread.
final class SMTPTransfer {
    private let message: [UInt8]
    private let recipient: Email
    private let configuration: SMTPConfiguration
    private var sentCount = 0
    private var stage = SMTPStage.greeting

    init(_ message: [UInt8], to recipient: Email, _ configuration: SMTPConfiguration) {
        self.message = message
        self.recipient = recipient
        self.configuration = configuration
    }

    func run() -> SMTPOutcome {
        guard Self.libraryIsReady, let handle = curl_easy_init() else {
            return SMTPOutcome(result: CURLE_FAILED_INIT, stage: stage, reply: 0)
        }
        defer { withExtendedLifetime(self) { curl_easy_cleanup(handle) } }
        // Not copied by libcurl: freed after the transfer.
        let recipients = curl_slist_append(nil, "<\(recipient)>")
        defer { curl_slist_free_all(recipients) }
        do {
            try prepare(handle, recipients)
        } catch {
            return SMTPOutcome(result: error.result, stage: stage, reply: 0)
        }
        let result = withExtendedLifetime(self) { curl_easy_perform(handle) }
        return SMTPOutcome(result: result, stage: stage, reply: ccurl_response_code(handle))
    }

    /// Must happen once, before anything else of libcurl's.
    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private func prepare(_ handle: UnsafeMutableRawPointer, _ recipients: UnsafeMutablePointer<curl_slist>?)
        throws(SettingRefused)
    {
        func set(_ option: CURLoption, _ value: Int) throws(SettingRefused) {
            try check(ccurl_set_long(handle, option, value))
        }
        func set(_ option: CURLoption, _ value: String) throws(SettingRefused) {
            try check(ccurl_set_string(handle, option, value))
        }
        // The path is what we call ourselves in EHLO; many servers refuse a container's bare host name.
        let domain = configuration.sender.domain
        let isASCII = domain.utf8.allSatisfy { $0 < 0x80 }
        try set(CURLOPT_URL, configuration.server + (isASCII ? "/\(domain)" : ""))
        try set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // Else a variable meant for web traffic (ALL_PROXY) would divert mail.
        try set(CURLOPT_PROXY, "")
        // libcurl's signals would meet another thread.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, 5000)
        try set(CURLOPT_TIMEOUT_MS, 15000)

        let encryption = configuration.security == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL
        try set(CURLOPT_USE_SSL, Int(encryption.rawValue))
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let caFile = configuration.caFile { try set(CURLOPT_CAINFO, caFile) }
        if let login = configuration.login {
            try set(CURLOPT_USERNAME, login.user)
            try set(CURLOPT_PASSWORD, login.password)
        }

        try set(CURLOPT_MAIL_FROM, "<\(configuration.sender.address)>")
        try check(ccurl_set_list(handle, CURLOPT_MAIL_RCPT, recipients))
        try set(CURLOPT_UPLOAD, 1)
        // Told to the server beforehand, so that it can refuse what is too large for it (RFC 1870).
        try check(ccurl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(message.count)))

        // Safe: libcurl calls back within curl_easy_perform and curl_easy_cleanup only, on the same thread,
        // and `run` keeps this object alive for both.
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(ccurl_set_reader(handle, readMessage, context))
        try check(ccurl_set_observer(handle, observeDialogue, context))
    }

    private func check(_ result: CURLcode) throws(SettingRefused) {
        guard result == CURLE_OK else { throw SettingRefused(result: result) }
    }

    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, message.count - sentCount)
        buffer.copyBytes(from: message[sentCount..<sentCount + count])
        sentCount += count
        return count
    }

    fileprivate func observe(_ line: UnsafeRawBufferPointer) {
        if let stage = SMTPStage(command: line) { self.stage = stage }
    }
}

/// libcurl doesn't know a setting, or has no memory for it.
private struct SettingRefused: Error {
    let result: CURLcode
}

private func readMessage(
    buffer: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let context else { return 0 }
    // Safe: the object that `prepare` handed over, and the room that libcurl says there is.
    let transfer = Unmanaged<SMTPTransfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

private func observeDialogue(
    _: UnsafeMutableRawPointer?, kind: curl_infotype, data: UnsafeMutablePointer<CChar>?, count: Int,
    context: UnsafeMutableRawPointer?
) -> Int32 {
    // Only commands: not their answers, and not the mail, whose lines could look like commands.
    guard kind == CURLINFO_HEADER_OUT, let data, let context else { return 0 }
    // Safe: the object that `prepare` handed over, and the line that libcurl shows for this call.
    let transfer = Unmanaged<SMTPTransfer>.fromOpaque(context).takeUnretainedValue()
    transfer.observe(UnsafeRawBufferPointer(start: data, count: count))
    return 0
}
