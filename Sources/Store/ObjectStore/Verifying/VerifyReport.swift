/// What a check of a drive found.
public struct VerifyReport: Sendable {
    /// Something that is not as it should be.
    public struct Finding: Sendable, Equatable {
        /// How bad it is.
        public enum Severity: String, Sendable {
            /// Data or metadata cannot be read as it was put.
            case damage
            /// Something that the disk, or the system, does not let be read: nothing is known of it.
            case unreadable
            /// An object of a format that is not read here; a program that knows it may read it.
            case unsupported
            /// Something of no use that a crash left.
            case leftover
            /// Something that is not the store's.
            case foreign
        }

        /// How bad it is.
        public let severity: Severity
        /// The file or directory.
        public let path: String
        /// What is wrong.
        public let message: String
        /// What was done about it, where repairs were asked for.
        public internal(set) var repair: String?
    }

    /// How a drive is checked.
    public struct Options: Sendable {
        /// Only this bucket.
        public var bucket: BucketName?
        /// Whether MD5s and the checksums that objects were put with are computed too; without, only the hashes of the
        /// blocks.
        public var digests = true
        /// Whether what is damaged is set aside in `.minio.sys/quarantine`, and empty directories are removed. Nothing
        /// that holds anything is ever deleted.
        public var repairs = false
        /// Called with the number of bytes checked so far.
        public var progress: @Sendable (_ bytes: Int) -> Void = { _ in }
        /// Whether to stop.
        public var isCancelled: @Sendable () -> Bool = { false }

        /// All of a drive, in full, looking only.
        public init() {}
    }

    /// How many objects have metadata that can be read.
    public internal(set) var objects = 0
    /// How many versions they have, delete markers among them.
    public internal(set) var versions = 0
    /// How many bytes of data were checked.
    public internal(set) var bytes = 0
    /// How many parts of unfinished uploads were checked.
    public internal(set) var uploadedParts = 0
    /// What is not as it should be.
    public internal(set) var findings: [Finding] = []
}

extension ObjectStore {
    /// Checks a drive: every xl.meta with its checksum and signatures, every block of every version and uploaded part,
    /// every digest, and that there is nothing that nothing refers to. Neither damage nor what cannot be read stops it.
    ///
    /// - Throws: `StoreError` with code `noSuchBucket` or `readOnly`; `CancellationError`; `DurableIOError` where
    ///   the drive's own directory cannot be read.
    public func verify(_ options: VerifyReport.Options = VerifyReport.Options()) throws -> VerifyReport {
        if options.repairs { try requireWritable() }
        if let bucket = options.bucket { try requireBucket(bucket) }
        let verifier = DriveVerifier(self, options)
        try verifier.run()
        return verifier.report
    }
}
