import JSON
import ArgumentParser
import ObjectStore

struct ObjectsMakeBucketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mb",
        abstract: "Make buckets.",
        discussion: """
            EXAMPLES
              tapehouse objects mb quotes
              tapehouse objects mb archive --with-versioning --objects-dir drive
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "The buckets.")
    var buckets: [String]

    @Flag(name: .customLong("with-versioning"), help: "Let every put and deletion add a version.")
    var withVersioning = false

    @Flag(
        name: [.customShort("p"), .customLong("ignore-existing")],
        help: "Leave buckets that are there as they are.")
    var ignoresExisting = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        let names = try buckets.map { try bucketName($0) }
        try objects.change(creates: true) { store in
            for name in names {
                let isNew = try store.createBucket(name)
                guard isNew || ignoresExisting else {
                    throw StoreError(.bucketAlreadyExists, "bucket \(name) is there already")
                }
                if withVersioning { try store.setVersioning(.enabled, of: name) }
                let action = isNew ? "made" : "there already"
                output.print(
                    "\(action): s3://\(name)",
                    [("action", .string(action)), ("bucket", .string(name.description))])
            }
        }
    }
}

struct ObjectsRemoveBucketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rb",
        abstract: "Remove buckets.",
        discussion: """
            A bucket that holds objects, versions or unfinished uploads is removed only with --force, and they with it; one \
            with object lock only when it is empty.

            EXAMPLES
              tapehouse objects mb quotes archive --ignore-existing
              tapehouse objects rb quotes
              tapehouse objects rb archive --force
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "The buckets.", completion: Completions.buckets)
    var buckets: [String]

    @Flag(help: "Remove what is in them too.")
    var force = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        let names = try buckets.map { try bucketName($0) }
        try objects.change { store in
            for name in names {
                try store.deleteBucket(name, withObjects: force)
                output.print(
                    "removed: s3://\(name)",
                    [("action", .string("removed")), ("bucket", .string(name.description))])
            }
        }
    }
}

struct ObjectsVersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show, enable or suspend the versioning of buckets.",
        discussion: """
            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              tapehouse objects version quotes
              tapehouse objects version quotes enable
              tapehouse objects version quotes suspend
            """)

    /// What is to be done.
    enum Action: String, ExpressibleByArgument, CaseIterable {
        case info
        case enable
        case suspend
    }

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "The bucket.", completion: Completions.buckets)
    var bucket: String

    @Argument(help: "info, enable or suspend.")
    var action = Action.info

    @OptionGroup var output: JSONOptions

    func run() throws {
        let name = try bucketName(bucket)
        switch action {
        case .info: break
        case .enable: try objects.change { try $0.setVersioning(.enabled, of: name) }
        case .suspend:
            try objects.change { store in
                let dropped = try store.info(of: name).unversionedPrefixes
                try store.setVersioning(.suspended, of: name)
                guard !dropped.isEmpty else { return }
                StandardError.writeLine(
                    "tapehouse: the prefixes without versions are dropped, which MinIO knows only of a bucket with versions: "
                        + dropped.joined(separator: ", ").printable)
            }
        }
        let info = try objects.openToRead().info(of: name)
        output.print("s3://\(name): \(info.versioningText.printable)", info.members)
    }
}

extension BucketInfo {
    /// Whether there are versions, and what else bears on them.
    fileprivate var versioningText: String {
        var text = versioning.rawValue
        let excluded = unversionedPrefixes + (excludesFolders ? ["keys that end in a slash"] : [])
        if !excluded.isEmpty { text += ", but not of \(excluded.joined(separator: ", "))" }
        if hasObjectLock { text += "; object lock" }
        if let defaultRetention {
            text +=
                ", \(defaultRetention.mode.rawValue) for \(defaultRetention.count) \(defaultRetention.isYears ? "years" : "days")"
        }
        return text
    }

    /// What `ls` and `version` say of a bucket.
    var members: [(String, OrderedJSON)] {
        [
            ("bucket", .string(name.description)), ("created_ns", .integer(createdNanoseconds)),
            ("versioning", .string(versioning.rawValue)),
            ("unversioned_prefixes", .array(unversionedPrefixes.map { .string($0) })),
            ("object_lock", .boolean(hasObjectLock)),
        ]
    }
}

/// A bucket on the command line, with or without `s3://`.
private func bucketName(_ argument: String) throws -> BucketName {
    guard let path = ObjectPath(argument: argument), path.key.isEmpty else {
        throw ValidationError("'\(argument)' is no bucket.")
    }
    return try path.bucketName()
}
