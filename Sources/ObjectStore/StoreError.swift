/// An error of the object store, with the code that S3 has for it.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// An error code as S3 names it.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name in S3's error responses.
        public let rawValue: String

        /// A code by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// There is no such bucket.
        public static let noSuchBucket = Code(rawValue: "NoSuchBucket")
        /// There is no such object.
        public static let noSuchKey = Code(rawValue: "NoSuchKey")
        /// The bucket's name breaks the rules.
        public static let invalidBucketName = Code(rawValue: "InvalidBucketName")
        /// The key cannot be a path on the drive.
        public static let invalidKey = Code(rawValue: "XMinioInvalidObjectName")
        /// The key is longer than 1024 bytes.
        public static let keyTooLong = Code(rawValue: "KeyTooLongError")
        /// The drive's format is not the one that is read here.
        public static let unsupportedFormat = Code(rawValue: "XTapehouseUnsupportedFormat")
        /// Bytes on the drive are damaged.
        public static let corrupt = Code(rawValue: "XTapehouseCorrupt")
    }

    /// S3's code.
    public let code: Code
    /// What went wrong, where, and what can be done.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
