import DurableIO

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

    /// What stands in a path for the slash that a key ends in (MinIO cmd/utils.go, `encodeDirObject`).
    static let directorySuffix = "__XLDIR__"

    /// Checks a key: at most 1024 bytes, components of 1 to 255 bytes, none of them `.` or `..`; it may end in
    /// one slash.
    ///
    /// - Throws: `StoreError` with code `keyTooLong` or `invalidKey`.
    public init(_ key: String) throws {
        guard key.utf8.count <= 1024 else {
            throw StoreError(.keyTooLong, "a key has at most 1024 bytes, not \(key.utf8.count)")
        }
        let isDirectory = key.utf8.last == UInt8(ascii: "/")
        let components = key.utf8.dropLast(isDirectory ? 1 : 0)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let nameBytesMax = 255 - (isDirectory ? Self.directorySuffix.utf8.count : 0)
        let isLegal = components.allSatisfy { component in
            (1...255).contains(component.count)
                && !component.suffix(Self.directorySuffix.utf8.count).elementsEqual(Self.directorySuffix.utf8)
                && !component.elementsEqual(".".utf8)
                && !component.elementsEqual("..".utf8) && !component.contains(0)
                && !component.elementsEqual("xl.meta".utf8)
        }
        guard isLegal, components.last.map({ $0.count <= nameBytesMax }) == true else {
            throw StoreError(
                .invalidKey,
                "'\(key)' cannot be a key: each part between slashes has 1 to 255 bytes and is not '.', '..' "
                    + "or 'xl.meta', and does not end in \(Self.directorySuffix)")
        }
        description = key
    }

    /// The path of the object's directory below its bucket's.
    var path: String {
        let bytes = description.utf8
        guard bytes.last == UInt8(ascii: "/") else { return description }
        return String(decoding: bytes.dropLast(), as: UTF8.self) + Self.directorySuffix
    }

    /// Whether both have the same bytes.
    public static func == (left: ObjectKey, right: ObjectKey) -> Bool {
        ExactString(left.description) == ExactString(right.description)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(ExactString(description)) }
}

/// Which version of an object.
public struct VersionID: Hashable, Sendable, CustomStringConvertible {
    let unique: UniqueID

    /// The version that is there where versioning is off.
    public static let null = VersionID(unique: .null)

    init(unique: UniqueID) {
        self.unique = unique
    }

    /// Reads `null` or a UUID; `nil` for anything else.
    public init?(_ text: String) {
        if text == "null" {
            self = .null
        } else {
            guard let unique = UniqueID(text) else { return nil }
            self.unique = unique
        }
    }

    /// `null` or a UUID.
    public var description: String { XLMeta.inlineName(of: unique) }
}
