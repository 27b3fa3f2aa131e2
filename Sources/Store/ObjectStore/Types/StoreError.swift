import DurableIO

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
        /// There is no such version of the object.
        public static let noSuchVersion = Code(rawValue: "NoSuchVersion")
        /// There is no such multipart upload: it was completed, aborted or purged.
        public static let noSuchUpload = Code(rawValue: "NoSuchUpload")
        /// The version is a delete marker, which has no data.
        public static let methodNotAllowed = Code(rawValue: "MethodNotAllowed")
        /// The bucket is there already.
        public static let bucketAlreadyExists = Code(rawValue: "BucketAlreadyOwnedByYou")
        /// The bucket holds objects, versions or uploads.
        public static let bucketNotEmpty = Code(rawValue: "BucketNotEmpty")
        /// A condition of the request does not hold.
        public static let preconditionFailed = Code(rawValue: "PreconditionFailed")
        /// What the asker has is still right.
        public static let notModified = Code(rawValue: "NotModified")
        /// The range lies outside of the object.
        public static let invalidRange = Code(rawValue: "InvalidRange")
        /// The data is not what its digest or checksum says.
        public static let badDigest = Code(rawValue: "BadDigest")
        /// A part that is to be completed is not there or has another tag.
        public static let invalidPart = Code(rawValue: "InvalidPart")
        /// Parts are not in ascending order.
        public static let invalidPartOrder = Code(rawValue: "InvalidPartOrder")
        /// A part but the last is smaller than 5 MiB.
        public static let entityTooSmall = Code(rawValue: "EntityTooSmall")
        /// The object or the part is larger than the format allows.
        public static let entityTooLarge = Code(rawValue: "EntityTooLarge")
        /// A parameter makes no sense.
        public static let invalidArgument = Code(rawValue: "InvalidArgument")
        /// The store was opened to look at.
        public static let readOnly = Code(rawValue: "XTapehouseReadOnly")
        /// The drive's format is not the one that is read here.
        public static let unsupportedFormat = Code(rawValue: "XTapehouseUnsupportedFormat")
        /// A file or a directory of the drive cannot be read: the disk fails, or it is another user's.
        public static let unreadable = Code(rawValue: "XTapehouseUnreadable")
        /// The bucket is set to something that is not done here.
        public static let notImplemented = Code(rawValue: "NotImplemented")
        /// Retention or a legal hold keeps the version from being removed.
        public static let objectLocked = Code(rawValue: "ObjectLocked")
        /// What the bucket is set to forbids it.
        public static let invalidBucketState = Code(rawValue: "InvalidBucketState")
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

    init(unreadable error: DurableIOError) {
        self.init(.unreadable, error.message)
    }

    /// The message.
    public var description: String { message }
}
