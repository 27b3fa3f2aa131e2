import ArgumentParser
import ObjectStore

struct ObjectsMakeBucketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mb",
        abstract: "Make buckets.",
        discussion: """
            EXAMPLES
              tapehouse objects mb quotes
              tapehouse objects mb archive --with-versioning --objects-dir /mnt/drive
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

    func run() throws {
        let names = try buckets.map { try bucketName($0) }
        try objects.change(creates: true) { store in
            for name in names {
                let isNew = try store.createBucket(name)
                guard isNew || ignoresExisting else {
                    throw StoreError(.bucketAlreadyExists, "bucket \(name) is there already")
                }
                if withVersioning { try store.setVersioning(.enabled, of: name) }
                StandardOutput.shared.writeLine("\(isNew ? "made" : "there already"): s3://\(name)")
            }
        }
    }
}

struct ObjectsRemoveBucketCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rb",
        abstract: "Remove buckets.",
        discussion: """
            A bucket that holds objects, versions or unfinished uploads is removed only with --force, and they with it.

            EXAMPLES
              tapehouse objects rb quotes
              tapehouse objects rb quotes --force
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "The buckets.", completion: Completions.buckets)
    var buckets: [String]

    @Flag(help: "Remove what is in them too.")
    var force = false

    func run() throws {
        let names = try buckets.map { try bucketName($0) }
        try objects.change { store in
            for name in names {
                try store.deleteBucket(name, withObjects: force)
                StandardOutput.shared.writeLine("removed: s3://\(name)")
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

    func run() throws {
        let name = try bucketName(bucket)
        switch action {
        case .info: break
        case .enable: try objects.change { try $0.setVersioning(.enabled, of: name) }
        case .suspend: try objects.change { try $0.setVersioning(.suspended, of: name) }
        }
        let versioning = try objects.openToRead().versioning(of: name)
        StandardOutput.shared.writeLine("s3://\(name): \(versioning.rawValue)")
    }
}

/// A bucket on the command line, with or without `s3://`.
private func bucketName(_ argument: String) throws -> BucketName {
    guard let path = ObjectPath(argument: argument), path.key.isEmpty else {
        throw ValidationError("'\(argument)' is no bucket.")
    }
    return try path.bucketName()
}
