/// What the store knows of an object without reading its data.
public struct ObjectInfo: Sendable, Equatable {
    /// The key within the bucket.
    public let key: String
    /// The size in bytes.
    public let byteCount: Int
    /// The entity tag: the MD5 of the data in hexadecimal, without quotes.
    public let etag: String
    /// When it was put, in nanoseconds since 1970.
    public let modifiedNanoseconds: Int64
    /// The media type.
    public let contentType: String?
    /// The user's metadata, keyed without the `X-Amz-Meta-` that S3 puts before each name.
    public let userMetadata: [String: String]
}

/// The name of a bucket.
public struct BucketName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// Checks a name by S3's rules: 3 to 63 lower-case letters, digits, dots and dashes, with a letter or
    /// digit at both ends, no two dots in a row.
    ///
    /// - Throws: `StoreError` with code `invalidBucketName`.
    public init(_ name: String) throws {
        let isAlphanumeric = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let isLegal = { (byte: UInt8) in
            isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        guard (3...63).contains(name.utf8.count), name.utf8.allSatisfy(isLegal),
            let first = name.utf8.first, let last = name.utf8.last, isAlphanumeric(first),
            isAlphanumeric(last),
            !name.contains("..")
        else {
            throw StoreError(
                .invalidBucketName,
                "'\(name)' is no name for a bucket: use 3 to 63 lower-case letters, digits, '.' and '-'")
        }
        description = name
    }
}

/// The name of an object in its bucket, checked to be a path that a drive can hold.
public struct ObjectKey: Hashable, Sendable, CustomStringConvertible {
    /// The key.
    public let description: String

    /// Checks a key: at most 1024 bytes, components of 1 to 255 bytes, none of them `.` or `..`.
    ///
    /// - Throws: `StoreError` with code `keyTooLong` or `invalidKey`.
    public init(_ key: String) throws {
        guard key.utf8.count <= 1024 else {
            throw StoreError(.keyTooLong, "a key has at most 1024 bytes, not \(key.utf8.count)")
        }
        let components = key.split(separator: "/", omittingEmptySubsequences: false)
        let isLegal = components.allSatisfy { component in
            (1...255).contains(component.utf8.count) && component != "." && component != ".."
                && !component.utf8.contains(0)
        }
        guard isLegal, components.last != "xl.meta" else {
            throw StoreError(
                .invalidKey,
                "'\(key)' cannot be a key: each part between slashes has 1 to 255 bytes and is not '.', '..' "
                    + "or, at the end, 'xl.meta'")
        }
        description = key
    }
}
