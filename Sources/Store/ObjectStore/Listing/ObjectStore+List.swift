import DurableIO

/// What of a bucket is listed.
public struct ListOptions: Sendable {
    /// Only keys that begin with this.
    public var prefix = ""
    /// What keys have in common up to the first of these behind the prefix is listed once, as a common
    /// prefix; usually a slash.
    public var delimiter: String?
    /// Only keys behind this one.
    public var startAfter: String?
    /// Where an earlier list ended: its `nextToken`.
    public var token: String?
    /// How many keys and common prefixes at most.
    public var maxKeys = 1000

    /// All keys that begin with a prefix, the first thousand.
    public init(prefix: String = "", delimiter: String? = nil) {
        self.prefix = prefix
        self.delimiter = delimiter
    }
}

/// A page of a list.
public struct ListPage: Sendable {
    /// The objects, in the order of their keys' UTF-8 bytes; with versions, those of a key from the newest
    /// on.
    public internal(set) var objects: [ObjectInfo] = []
    /// The common prefixes, sorted likewise.
    public internal(set) var commonPrefixes: [String] = []
    /// Where the next page begins; `nil` where there is none.
    public internal(set) var nextToken: String?
}

extension ObjectStore {
    /// Which versions a list has.
    public enum ListedVersions: Sendable {
        /// The latest of each object that is not deleted.
        case latest
        /// All, delete markers among them.
        case all
    }

    /// A page of a bucket's objects.
    ///
    /// - Parameter damaged: called for each object whose metadata cannot be read, and each directory that cannot, which
    ///   are then left out; by default such a one is an error.
    /// - Throws: `StoreError` with code `noSuchBucket`, or `invalidArgument` for a token that no list gave out.
    public func list(
        bucket: BucketName, _ options: ListOptions = ListOptions(), versions: ListedVersions = .latest,
        damaged: (StoreError) throws -> Void = { throw $0 }
    ) throws -> ListPage {
        try requireBucket(bucket)
        guard (0...Int.max - 1).contains(options.maxKeys) else {
            throw StoreError(.invalidArgument, "a list of \(options.maxKeys) keys cannot be made")
        }
        let start = try ListPlace(options)
        return try withoutActuallyEscaping(damaged) { damaged in
            var page = ListPage()
            var last: ListPlace?
            let scan = MetadataScan(drive)
            var walk = KeyWalk(
                fileSystem, nameCache, root: drive.directory(of: bucket), prefix: options.prefix,
                after: start.marker, skipping: start.skipped,
                unreadable: { try damaged(StoreError(unreadable: $0)) }
            ) { found, step in
                let infos = try Self.infos(found, scan, versions, damaged)
                guard !infos.isEmpty else { return }
                guard page.objects.count + page.commonPrefixes.count < options.maxKeys else {
                    page.nextToken = last?.token
                    step = .stop
                    return
                }
                if let common = options.commonPrefix(of: found.key) {
                    page.commonPrefixes.append(String(decoding: common, as: UTF8.self))
                    last = .behindPrefix(common)
                    step = .skip(prefix: common)
                } else {
                    page.objects += infos
                    last = .behindKey(found.key)
                }
            }
            if options.maxKeys > 0 { try walk.run() }
            return page
        }
    }

    /// Calls `body` with each object of a bucket whose key begins with `prefix`, in the order of the keys'
    /// UTF-8 bytes, with memory that does not grow with their number.
    ///
    /// - Parameters:
    ///   - startAfter: only keys behind this one, where it is not `nil`.
    ///   - skipping: no keys that begin with this, where it is not `nil`.
    ///   - isWanted: asked about each key; the metadata of those that it does not want are not read.
    ///   - damaged: as with `list`.
    public func forEachObject(
        bucket: BucketName, prefix: String = "", startAfter: String? = nil, skipping: String? = nil,
        where isWanted: (String) throws -> Bool = { _ in true }, versions: ListedVersions = .latest,
        damaged: (StoreError) throws -> Void = { throw $0 }, _ body: (ObjectInfo) throws -> Void
    ) throws {
        try requireBucket(bucket)
        try withoutActuallyEscaping(damaged) { damaged in
            try withoutActuallyEscaping(isWanted) { isWanted in
                try withoutActuallyEscaping(body) { body in
                    let scan = MetadataScan(drive)
                    var walk = KeyWalk(
                        fileSystem, nameCache, root: drive.directory(of: bucket), prefix: prefix,
                        after: Array((startAfter ?? "").utf8), skipping: skipping.map { Array($0.utf8) },
                        unreadable: { try damaged(StoreError(unreadable: $0)) }
                    ) { found, _ in
                        guard try isWanted(String(decoding: found.key, as: UTF8.self)) else { return }
                        for info in try Self.infos(found, scan, versions, damaged) { try body(info) }
                    }
                    try walk.run()
                }
            }
        }
    }

    /// What a list has of an object; nothing where it is none, or deleted.
    private static func infos(
        _ found: KeyWalk.Found, _ scan: MetadataScan, _ versions: ListedVersions,
        _ damaged: (StoreError) throws -> Void
    ) throws -> [ObjectInfo] {
        do {
            guard let meta = try scan.read(found.directory) else { return [] }
            let visible = meta.versions.filter(\.header.isVisible)
            guard let latest = visible.first else { return [] }
            if case .latest = versions, latest.header.kind == .deleteMarker { return [] }
            let key = String(decoding: found.key, as: UTF8.self)
            let listed = versions == .all ? visible[...] : visible.prefix(1)
            return try listed.map { version in
                ObjectInfo(
                    try XLContent(reading: version.body, path: found.directory), key: key,
                    isLatest: version.header.id == latest.header.id)
            }
        } catch let error as StoreError {
            try damaged(error)
            return []
        } catch let error as DurableIOError {
            try damaged(StoreError(unreadable: error))
            return []
        }
    }
}

extension ListOptions {
    /// The beginning of a key up to the first delimiter behind the prefix, where there is one.
    fileprivate func commonPrefix(of key: [UInt8]) -> [UInt8]? {
        guard let delimiter, !delimiter.isEmpty else { return nil }
        let rest = key.dropFirst(prefix.utf8.count)
        let wanted = Array(delimiter.utf8)
        guard rest.count >= wanted.count,
            let start = (rest.startIndex...rest.endIndex - wanted.count).first(where: {
                rest[$0..<$0 + wanted.count].elementsEqual(wanted)
            })
        else { return nil }
        return Array(key[..<(start + wanted.count)])
    }
}

/// Where a list goes on.
private enum ListPlace {
    case behindKey([UInt8])
    case behindPrefix([UInt8])

    init(_ options: ListOptions) throws {
        guard let token = options.token else {
            self = .behindKey(Array((options.startAfter ?? "").utf8))
            return
        }
        let bytes = token.utf8.dropFirst().hexadecimalBytes
        switch (token.utf8.first, bytes) {
        case (UInt8(ascii: "k"), let bytes?): self = .behindKey(bytes)
        case (UInt8(ascii: "p"), let bytes?): self = .behindPrefix(bytes)
        default: throw StoreError(.invalidArgument, "'\(token)' is no token of a list")
        }
    }

    var token: String {
        switch self {
        case .behindKey(let key): "k" + key.hexadecimal
        case .behindPrefix(let prefix): "p" + prefix.hexadecimal
        }
    }

    var marker: [UInt8] {
        switch self {
        case .behindKey(let key), .behindPrefix(let key): key
        }
    }

    var skipped: [UInt8]? {
        guard case .behindPrefix(let prefix) = self else { return nil }
        return prefix
    }
}

extension Sequence<UInt8> {
    /// The bytes that a text of hexadecimal digits means.
    fileprivate var hexadecimalBytes: [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in self {
            guard digit.isHexadecimalDigit, let value = UInt8(String(UnicodeScalar(digit)), radix: 16) else {
                return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
