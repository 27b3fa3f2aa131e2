/// How long objects that are put are locked unless their writer says otherwise.
public struct DefaultRetention: Sendable, Equatable {
    /// Who may remove them nevertheless.
    public let mode: ObjectRetention.Mode
    /// How many days or years.
    public let count: Int
    /// Whether `count` counts years.
    public let isYears: Bool

    /// What an object that is put at a time gets.
    func retention(from nanoseconds: Int64) -> ObjectRetention {
        ObjectRetention(
            mode: mode,
            untilNanoseconds: isYears
                ? WebTime.adding(years: count, to: nanoseconds)
                : WebTime.adding(days: count, to: nanoseconds))
    }
}

/// What a bucket's configuration asks of writes and deletions.
struct BucketPolicy: Sendable, Equatable {
    var versioning = BucketVersioning.unversioned
    /// Beginnings of keys whose writes make no versions; `*` stands for any characters.
    var excludedPrefixes: [String] = []
    /// Whether keys that end in a slash have no versions.
    var excludesFolders = false
    var hasObjectLock = false
    var defaultRetention: DefaultRetention?
    /// Whether objects are to be encrypted unless their writer says otherwise.
    var isEncrypted = false

    /// Nothing has been set.
    init() {}

    init(
        versioning: ConfigurationXML, objectLock: ConfigurationXML, isLockEnabled: Bool,
        encryption: ConfigurationXML
    ) {
        switch versioning.values("Status").first {
        case "Enabled": self.versioning = .enabled
        case "Suspended": self.versioning = .suspended
        default: break
        }
        excludedPrefixes = versioning.values("ExcludedPrefixes", "Prefix")
        excludesFolders = versioning.values("ExcludeFolders").first == "true"
        hasObjectLock = isLockEnabled || objectLock.values("ObjectLockEnabled").first == "Enabled"
        // Versions are what is locked (MinIO cmd/bucket-metadata.go, `Versioning`).
        if hasObjectLock { self.versioning = .enabled }
        let rule = { (name: String) in objectLock.values("Rule", "DefaultRetention", name).first }
        if hasObjectLock, let mode = rule("Mode").flatMap({ ObjectRetention.Mode(rawValue: $0) }) {
            if let days = rule("Days").flatMap({ Int($0) }), days > 0 {
                defaultRetention = DefaultRetention(mode: mode, count: days, isYears: false)
            } else if let years = rule("Years").flatMap({ Int($0) }), years > 0 {
                defaultRetention = DefaultRetention(mode: mode, count: years, isYears: true)
            }
        }
        isEncrypted = !encryption.isEmpty
    }

    /// Whether writes of a key make versions.
    func versioning(of key: ObjectKey) -> BucketVersioning {
        guard versioning == .enabled else { return versioning }
        let key = Array(key.description.utf8)
        let isExcluded =
            excludesFolders && key.last == UInt8(ascii: "/")
            || excludedPrefixes.contains { Self.matches(Array($0.utf8) + [UInt8(ascii: "*")], key) }
        return isExcluded ? .suspended : .enabled
    }

    /// Whether a key matches a pattern in which `*` stands for any characters and `?` for one.
    private static func matches(_ pattern: [UInt8], _ key: [UInt8]) -> Bool {
        var (place, position) = (0, 0)
        var lastStar: (place: Int, position: Int)?
        while position < key.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                lastStar = (place, position)
                place += 1
            } else if place < pattern.count,
                pattern[place] == UInt8(ascii: "?") || pattern[place] == key[position]
            {
                place += 1
                position += 1
            } else if let star = lastStar {
                place = star.place + 1
                position = star.position + 1
                lastStar = (star.place, position)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// - Throws: `StoreError` with code `notImplemented` where objects of the bucket would have to be encrypted.
    func requirePlain(_ bucket: BucketName) throws {
        guard !isEncrypted else {
            throw StoreError(
                .notImplemented,
                "bucket \(bucket) is set to encrypt its objects, which is not done here, and nothing is put there in the clear: put it with the MinIO that has the key, or take the rule away with its `mc encrypt clear`"
            )
        }
    }
}
