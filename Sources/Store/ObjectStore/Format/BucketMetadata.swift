import DurableIO

// A bucket's configuration, the body of the object buckets/BUCKET/.metadata.bin in the bucket .minio.sys (MinIO
// cmd/bucket-metadata.go): u16LE format = 1, u16LE version = 1, then a map from names to texts, byte strings,
// booleans and times.

/// What a bucket is set to. Entries that are not known here are kept as they were.
struct BucketMetadata: Equatable {
    enum Value: Equatable {
        case text(String)
        case bytes([UInt8])
        case boolean(Bool)
        case time(seconds: Int64, nanoseconds: Int32)
        /// A value of another kind, as it was encoded.
        case other([UInt8])
    }

    /// In the file's order.
    private(set) var entries: [(name: String, value: Value)]

    static func == (left: BucketMetadata, right: BucketMetadata) -> Bool {
        left.entries.elementsEqual(right.entries) { $0.name == $1.name && $0.value == $1.value }
    }

    private static let head: [UInt8] = [1, 0, 1, 0]
    private static let versioningName = "VersioningConfigXML"
    private static let configurations = [
        "PolicyConfigJSON", "NotificationConfigXML", "LifecycleConfigXML", "ObjectLockConfigXML",
        versioningName, "EncryptionConfigXML", "TaggingConfigXML", "QuotaConfigJSON", "ReplicationConfigXML",
        "BucketTargetsConfigJSON", "BucketTargetsConfigMetaJSON",
    ]
    private static let updated =
        [
            "Policy", "ObjectLock", "Encryption", "Tagging", "Quota", "Replication", "Versioning",
            "Lifecycle",
            "Notification", "BucketTargets",
        ].map { "\($0)ConfigUpdatedAt" } + ["BucketTargetsConfigMetaUpdatedAt"]

    /// The metadata of a bucket that nothing has been set for.
    init(name: String, createdNanoseconds: Int64) {
        entries = [
            ("Name", .text(name)), ("Created", Self.time(createdNanoseconds)),
            ("LockEnabled", .boolean(false)),
        ]
        entries += Self.configurations.map { ($0, .bytes([])) }
        // The year 1, Go's zero time.
        entries += Self.updated.map { ($0, .time(seconds: -62_135_596_800, nanoseconds: 0)) }
    }

    /// Reads the file; `path` is for messages.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    init(reading bytes: [UInt8], path: String) throws {
        guard bytes.starts(with: Self.head) else {
            throw StoreError(
                .unsupportedFormat,
                "\(path) begins with \(bytes.prefix(4).hexadecimal), not 01000100: it is no configuration of a bucket"
            )
        }
        entries = try bytes.withUnsafeBytes { bytes in
            do {
                return try Self.read(MessagePackReader(bytes, from: Self.head.count))
            } catch let malformed as MessagePackReader.Malformed {
                throw StoreError(
                    .corrupt,
                    "\(path): byte \(malformed.position) should begin \(malformed.expected): the bucket's configuration is damaged"
                )
            }
        }
    }

    private static func read(_ reader: MessagePackReader) throws -> [(String, Value)] {
        var reader = reader
        var entries: [(String, Value)] = []
        for _ in 0..<(try reader.mapCount()) {
            let name = try reader.string()
            let start = reader.position
            try reader.skip()
            let encoded = reader.consumed(since: start)
            var value = MessagePackReader(encoded)
            switch encoded[0] {
            case 0xA0...0xBF, 0xD9...0xDB: entries.append((name, .text(try value.string())))
            case 0xC4...0xC6: entries.append((name, .bytes(try value.binary())))
            case 0xC2, 0xC3: entries.append((name, .boolean(try value.boolean())))
            case 0xC7 where encoded.count == 15:
                let (seconds, nanoseconds) = try value.time()
                entries.append((name, .time(seconds: seconds, nanoseconds: nanoseconds)))
            default: entries.append((name, .other(Array(encoded))))
            }
        }
        return entries
    }

    var encoded: [UInt8] {
        var writer = MessagePackWriter()
        writer.raw(Self.head)
        writer.map(count: entries.count)
        for (name, value) in entries {
            writer.string(name)
            switch value {
            case .text(let text): writer.string(text)
            case .bytes(let bytes): writer.binary(bytes)
            case .boolean(let value): writer.boolean(value)
            case .time(let seconds, let nanoseconds): writer.time(seconds: seconds, nanoseconds: nanoseconds)
            case .other(let bytes): writer.raw(bytes)
            }
        }
        return writer.bytes
    }

    private static func time(_ nanoseconds: Int64) -> Value {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest < 0
            ? .time(seconds: seconds - 1, nanoseconds: Int32(rest + 1_000_000_000))
            : .time(seconds: seconds, nanoseconds: Int32(rest))
    }

    private subscript(name: String) -> Value? {
        get { entries.first { $0.name == name }?.value }
        set {
            guard let newValue else { return }
            if let index = entries.firstIndex(where: { $0.name == name }) {
                entries[index].value = newValue
            } else {
                entries.append((name, newValue))
            }
        }
    }

    /// When the bucket was made, in nanoseconds since 1970.
    var createdNanoseconds: Int64? {
        guard case .time(let seconds, let nanoseconds)? = self["Created"], seconds > 0,
            seconds < Int64.max / 1_000_000_000 - 10
        else { return nil }
        return seconds * 1_000_000_000 + Int64(nanoseconds)
    }

    /// What of all that is acted upon.
    var policy: BucketPolicy {
        var isLockEnabled = false
        if case .boolean(true)? = self["LockEnabled"] { isLockEnabled = true }
        return BucketPolicy(
            versioning: text(Self.versioningName), objectLock: text("ObjectLockConfigXML"),
            isLockEnabled: isLockEnabled,
            encryption: text("EncryptionConfigXML"))
    }

    private func text(_ name: String) -> ConfigurationXML {
        guard case .bytes(let bytes)? = self[name] else { return ConfigurationXML([]) }
        return ConfigurationXML(bytes)
    }

    /// Sets a configuration as a whole.
    mutating func set(_ name: String, _ xml: String, atNanoseconds now: Int64) {
        self[name] = .bytes(Array(xml.utf8))
        if name.hasSuffix("XML") { self["\(name.dropLast(3))UpdatedAt"] = Self.time(now) }
    }

    /// Sets the status of the versioning, and keeps what else there is: but MinIO does not read prefixes without
    /// versions where versioning is suspended.
    mutating func setVersioning(_ status: BucketVersioning, atNanoseconds now: Int64) {
        var xml = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        xml += "<Status>\(status == .enabled ? "Enabled" : "Suspended")</Status>"
        let policy = policy
        for prefix in status == .enabled ? policy.excludedPrefixes : [] {
            xml += "<ExcludedPrefixes><Prefix>\(ConfigurationXML.escaped(prefix))</Prefix></ExcludedPrefixes>"
        }
        if policy.excludesFolders { xml += "<ExcludeFolders>true</ExcludeFolders>" }
        set(Self.versioningName, xml + "</VersioningConfiguration>", atNanoseconds: now)
    }
}
