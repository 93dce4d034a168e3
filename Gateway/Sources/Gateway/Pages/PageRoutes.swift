import HTTPTypes
import Hummingbird

/// The pages: `/` for visitors, `/console` for staff, and what they load.
struct PageRoutes {
    private let assets = WebAsset.all()

    func register(on router: Router<EdgeContext>) {
        for (path, asset) in assets {
            router.get(RouterPath(path)) { request, _ in Self.serve(asset, to: request) }
        }
        let notBuilt = "The pages weren't built into this program. Run scripts/build-pages and build again.\n"
        for (path, page) in [
            ("/", "/index.html"), ("/console", "/console.html"), ("/console/**", "/console.html"),
        ] {
            router.get(RouterPath(path)) { [asset = assets[page]] request, _ in
                guard let asset else {
                    return Response(status: .notFound, body: .init(byteBuffer: .init(string: notBuilt)))
                }
                return Self.serve(asset, to: request)
            }
        }
    }

    private static func serve(_ asset: WebAsset, to request: Hummingbird.Request) -> Response {
        var headers: HTTPFields = [
            .contentType: asset.contentType,
            .eTag: asset.entityTag,
            .cacheControl: asset.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
            .contentSecurityPolicy: SecurityHeaders.contentSecurityPolicy,
            .vary: "Accept-Encoding",
        ]
        if request.headers[.ifNoneMatch] == asset.entityTag {
            return Response(status: .notModified, headers: headers)
        }
        if let gzipped = asset.gzippedBody, request.headers[.acceptEncoding]?.contains("gzip") == true {
            headers[.contentEncoding] = "gzip"
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: gzipped))
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.body))
    }
}
