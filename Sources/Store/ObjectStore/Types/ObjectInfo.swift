/// What an object is served with beside its data; each as in the HTTP header of that name.
public struct ObjectHeaders: Sendable, Equatable {
    /// The media type.
    public var contentType: String?
    /// How the data is compressed, as far as readers are to know.
    public var contentEncoding: String?
    /// How long it may be kept by caches.
    public var cacheControl: String?
    /// Whether it is to be shown or saved, and by what name.
    public var contentDisposition: String?
    /// The language of the content.
    public var contentLanguage: String?
    /// When caches are to ask again.
    public var expires: String?

    /// Headers; none of them is needed.
    public init(contentType: String? = nil, contentEncoding: String? = nil, cacheControl: String? = nil) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.cacheControl = cacheControl
    }

    static let fields: [(name: String, path: any WritableKeyPath<ObjectHeaders, String?> & Sendable)] = [
        ("content-type", \.contentType), ("content-encoding", \.contentEncoding),
        ("cache-control", \.cacheControl), ("content-disposition", \.contentDisposition),
        ("content-language", \.contentLanguage), ("expires", \.expires),
    ]
}

/// What the store knows of a version of an object without reading its data.
public struct ObjectInfo: Sendable, Equatable {
    /// The key within the bucket.
    public let key: String
    /// The version; `null` where it was put while versioning was off.
    public let version: VersionID
    /// Whether no newer version is there.
    public let isLatest: Bool
    /// Whether it says that the object was deleted, and has no data.
    public let isDeleteMarker: Bool
    /// The size in bytes.
    public let byteCount: Int
    /// The entity tag, without quotes: the MD5 of the data in hexadecimal; of an object put in parts, the MD5 of
    /// the parts' MD5s, a dash and their number.
    public let etag: String
    /// When it was put, in nanoseconds since 1970.
    public let modifiedNanoseconds: Int64
    /// What it is served with.
    public let headers: ObjectHeaders
    /// The user's metadata, keyed without the `X-Amz-Meta-` that S3 puts before each name.
    public let userMetadata: [String: String]
    /// The tags.
    public let tags: [String: String]
    /// The storage class, where it is not `STANDARD`.
    public let storageClass: String?
    /// The checksum that it was put with.
    public let checksum: ObjectChecksum?
    /// The sizes of its parts in bytes; one where it was put in one piece.
    public let partBytes: [Int]

    /// Until when it is locked against removal, where it is.
    public let retention: ObjectRetention?
    /// Whether it is locked against removal until somebody lifts that.
    public let hasLegalHold: Bool

    /// The media type.
    public var contentType: String? { headers.contentType }
}

extension ObjectInfo {
    static let userPrefix = "X-Amz-Meta-"
    static let tagsName = "X-Amz-Tagging"
    static let etagName = "etag"
    static let storageClassName = "x-amz-storage-class"

    init(_ content: XLContent, key: String, isLatest: Bool) {
        switch content {
        case .object(let object): self.init(object, key: key, isLatest: isLatest)
        case .deleteMarker(let marker):
            self.init(
                empty: key, VersionID(unique: marker.id), isLatest, isDeleteMarker: true,
                marker.modifiedNanoseconds)
        case .legacy:
            self.init(empty: key, .null, isLatest, isDeleteMarker: false, content.modifiedNanoseconds)
        }
    }

    private init(
        empty key: String, _ version: VersionID, _ isLatest: Bool, isDeleteMarker: Bool,
        _ modifiedNanoseconds: Int64
    ) {
        self.key = key
        self.version = version
        self.isLatest = isLatest
        self.isDeleteMarker = isDeleteMarker
        self.modifiedNanoseconds = modifiedNanoseconds
        (byteCount, etag, headers, userMetadata, tags) = (0, "", ObjectHeaders(), [:], [:])
        (checksum, partBytes, storageClass) = (nil, [], nil)
        (retention, hasLegalHold) = (nil, false)
    }

    init(_ object: XLObject, key: String, isLatest: Bool) {
        self.key = key
        self.isLatest = isLatest
        version = VersionID(unique: object.id)
        isDeleteMarker = false
        byteCount = object.byteCount
        modifiedNanoseconds = object.modifiedNanoseconds
        partBytes = object.partBytes
        (retention, hasLegalHold) = (object.retention, object.hasLegalHold)
        var etag = ""
        var headers = ObjectHeaders()
        var user: [String: String] = [:]
        var tags: [String: String] = [:]
        for (name, value) in object.userMetadata ?? [] {
            if name == Self.etagName {
                etag = value
            } else if name.hasPrefix(Self.userPrefix) {
                user[String(name.dropFirst(Self.userPrefix.count))] = value
            } else if name == Self.tagsName {
                tags = Tags.decode(value)
            } else if let field = ObjectHeaders.fields.first(where: { $0.name == name.lowercased() }) {
                headers[keyPath: field.path] = value
            }
        }
        (self.etag, self.headers, userMetadata, self.tags) = (etag, headers, user, tags)
        storageClass = object.userMetadata?.first { $0.key.lowercased() == Self.storageClassName }?.value
        checksum = object.systemMetadata?.first { $0.key.lowercased() == ObjectChecksum.metadataName }
            .flatMap { ObjectChecksum(decoding: $0.value) }
    }
}

/// Tags as they are written: `name=value` with `&` between, bytes other than letters, digits and `-._~` as `%XX`.
enum Tags {
    static func encode(_ tags: [String: String]) -> String {
        tags.sorted { $0.key < $1.key }.map { "\(escaped($0.key))=\(escaped($0.value))" }.joined(
            separator: "&")
    }

    static func decode(_ text: String) -> [String: String] {
        var tags: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            tags[unescaped(parts[0])] = parts.count > 1 ? unescaped(parts[1]) : ""
        }
        return tags
    }

    private static func escaped(_ text: String) -> String {
        var escaped: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.append(byte)
            default: escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.prefix(2).count == 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
