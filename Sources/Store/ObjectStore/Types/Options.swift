/// Whether writes to a bucket make versions.
public enum BucketVersioning: String, Sendable {
    /// An object is replaced, and gone when it is deleted.
    case unversioned
    /// Every put and every deletion adds a version.
    case enabled
    /// Versions are kept, and new ones replace the version `null`.
    case suspended
}

/// What is known of a bucket.
public struct BucketInfo: Sendable, Equatable {
    /// The name.
    public let name: BucketName
    /// When it was made, in nanoseconds since 1970; of a bucket without a configuration, when its directory was
    /// last changed.
    public let createdNanoseconds: Int64
    /// Whether writes make versions.
    public let versioning: BucketVersioning
    /// Beginnings of keys (`*` for any characters) whose writes make no versions.
    public let unversionedPrefixes: [String]
    /// Whether writes of keys that end in a slash make no versions.
    public let excludesFolders: Bool
    /// Whether versions may be locked against removal.
    public let hasObjectLock: Bool
    /// How long objects that are put are locked unless their writer says otherwise.
    public let defaultRetention: DefaultRetention?

    init(name: BucketName, createdNanoseconds: Int64, policy: BucketPolicy) {
        self.name = name
        self.createdNanoseconds = createdNanoseconds
        versioning = policy.versioning
        unversionedPrefixes = policy.excludedPrefixes
        excludesFolders = policy.excludesFolders
        hasObjectLock = policy.hasObjectLock
        defaultRetention = policy.defaultRetention
    }
}

/// What must be so for an operation to be carried out; decided under the key's lock at the moment it counts.
public struct Preconditions: Sendable, Equatable {
    /// An entity tag to compare with, without quotes.
    public enum Tag: Sendable, Equatable {
        /// Any object (`*`).
        case any
        /// One of these.
        case oneOf([String])

        func matches(_ etag: String) -> Bool {
            switch self {
            case .any: true
            case .oneOf(let etags): etags.contains(etag)
            }
        }
    }

    /// The object is there and has this tag (`If-Match`).
    public var ifMatch: Tag?
    /// There is no object with this tag (`If-None-Match`); `any` to create only.
    public var ifNoneMatch: Tag?
    /// It has been changed since, in nanoseconds since 1970, taken to whole seconds (`If-Modified-Since`).
    public var ifModifiedSince: Int64?
    /// It has not been changed since (`If-Unmodified-Since`).
    public var ifUnmodifiedSince: Int64?

    /// Conditions; none by default.
    public init(ifMatch: Tag? = nil, ifNoneMatch: Tag? = nil) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    /// Create only: there must be no object.
    public static let createOnly = Preconditions(ifNoneMatch: .any)

    var isEmpty: Bool { self == Preconditions() }

    /// Checks the conditions of a change against the object that is there, if there is one.
    ///
    /// - Throws: `StoreError` with code `preconditionFailed`, or `noSuchKey` where one must be there.
    func checkChange(_ current: ObjectInfo?, place: @autoclosure () -> String) throws {
        if ifMatch != nil, current == nil {
            throw StoreError(.noSuchKey, "there is no object \(place()), which was to be replaced")
        }
        guard let current else { return }
        try check(current, place: place())
        if let ifNoneMatch, ifNoneMatch.matches(current.etag) {
            throw StoreError(
                .preconditionFailed, "object \(place()) is there already, with etag \(current.etag)")
        }
    }

    /// Checks the conditions of a read.
    ///
    /// - Throws: `StoreError` with code `preconditionFailed` or `notModified`.
    func checkRead(_ current: ObjectInfo, place: @autoclosure () -> String) throws {
        try check(current, place: place())
        let isKnown =
            ifNoneMatch?.matches(current.etag)
            ?? ifModifiedSince.map { Self.seconds(current.modifiedNanoseconds) <= Self.seconds($0) } ?? false
        if isKnown {
            throw StoreError(.notModified, "object \(place()) has not been changed: etag \(current.etag)")
        }
    }

    private func check(_ current: ObjectInfo, place: @autoclosure () -> String) throws {
        let isMet =
            ifMatch?.matches(current.etag)
            ?? ifUnmodifiedSince.map { Self.seconds(current.modifiedNanoseconds) <= Self.seconds($0) } ?? true
        guard isMet else {
            throw StoreError(
                .preconditionFailed,
                "object \(place()) has etag \(current.etag), not the one that was asked for")
        }
    }

    private static func seconds(_ nanoseconds: Int64) -> Int64 { nanoseconds / 1_000_000_000 }
}

/// What an object's entity tag is made of.
public enum ETagKind: String, Sendable, CaseIterable {
    /// The MD5 of the data, as with S3: 0.7 GB/s, whatever the disk can do.
    case md5
    /// The hashes of the blocks, which are computed anyway. Ends in `-1`, as that of an object put in one part, so that
    /// nobody takes it for an MD5.
    case blockHashes
}

/// How an object is put.
public struct PutOptions: Sendable {
    /// What it is served with.
    public var headers = ObjectHeaders()
    /// The user's metadata; names without `X-Amz-Meta-`, taken as S3 does in any case.
    public var userMetadata: [String: String] = [:]
    /// The tags: at most 10.
    public var tags: [String: String] = [:]
    /// The storage class, where it is not `STANDARD`; kept and given back, nothing more.
    public var storageClass: String?
    /// What must be so.
    public var preconditions = Preconditions()
    /// What the entity tag is made of.
    public var etag = ETagKind.md5
    /// The MD5 that the data must have, 16 bytes (`Content-MD5`).
    public var expectedMD5: [UInt8]?
    /// The checksum to compute and keep.
    public var checksum: ChecksumAlgorithm?
    /// What that checksum must be.
    public var expectedChecksum: [UInt8]?
    /// The time to stamp it with, in nanoseconds since 1970; now unless given. Beside a version that is not
    /// older, it is a little later than that: what was put last is the latest.
    public var modifiedNanoseconds: Int64?

    /// Nothing but data.
    public init() {}
}

/// A part of an object's data.
public enum ByteRange: Sendable, Equatable {
    /// All of it.
    case all
    /// From `first` to `last`, both counted from 0 and included; what lies behind the end is left out.
    case closed(Int, Int)
    /// From here to the end.
    case from(Int)
    /// So many bytes at the end.
    case last(Int)

    /// The bytes that are meant of an object of `count` bytes.
    ///
    /// - Throws: `StoreError` with code `invalidRange` where there are none.
    func resolve(count: Int) throws -> Range<Int> {
        switch self {
        case .all: return 0..<count
        case .closed(let first, let last) where 0 <= first && first <= last && first < count:
            return first..<min(last, count - 1) + 1
        case .from(let first) where 0 <= first && first < count: return first..<count
        case .last(let length) where length > 0 && count > 0: return max(0, count - length)..<count
        default:
            throw StoreError(.invalidRange, "an object of \(count) bytes has no bytes \(self)")
        }
    }
}
