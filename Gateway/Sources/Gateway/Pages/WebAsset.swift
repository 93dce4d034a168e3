import NIOCore
import WebAssets

/// One embedded file of the pages.
struct WebAsset: Sendable {
    let contentType: String
    let body: ByteBuffer
    let gzippedBody: ByteBuffer?
    /// Its path changes with its content.
    let isImmutable: Bool
    /// Changes with the content (RFC 9110, section 8.8.3).
    let entityTag: String

    /// All of them, by path.
    static func all() -> [String: WebAsset] {
        let assets = UnsafeBufferPointer(start: frontdesk_assets, count: frontdesk_asset_count)
        return Dictionary(uniqueKeysWithValues: assets.map { (String(cString: $0.path), WebAsset($0)) })
    }

    private init(_ asset: frontdesk_asset) {
        contentType = String(cString: asset.content_type)
        body = ByteBuffer(bytes: UnsafeBufferPointer(start: asset.bytes, count: asset.byte_count))
        gzippedBody =
            asset.gzip_bytes == nil
            ? nil
            : ByteBuffer(bytes: UnsafeBufferPointer(start: asset.gzip_bytes, count: asset.gzip_byte_count))
        isImmutable = asset.immutable != 0
        entityTag = "\"\(String(fingerprint(body), radix: 36))\""
    }
}

/// FNV-1a in 64 bits (Fowler, Noll, Vo): tells one version of a file from the next.
private func fingerprint(_ body: ByteBuffer) -> UInt64 {
    body.readableBytesView.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
