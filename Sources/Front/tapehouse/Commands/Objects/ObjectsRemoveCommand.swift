import ArgumentParser
import ObjectStore

struct ObjectsRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove objects, versions or unfinished uploads.",
        discussion: """
            In a bucket with versions an object gets a delete marker, and its versions stay; --versions removes them \
            for good.

            EXAMPLES
              tapehouse objects rm quotes/old.json
              tapehouse objects rm 'quotes/2023/*' --dry-run
              tapehouse objects rm quotes/2023/ --recursive
              tapehouse objects rm quotes/state.json --version-id null
              tapehouse objects rm quotes --incomplete
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "Objects or patterns.")
    var paths: [ObjectPath]

    @Flag(name: .shortAndLong, help: "Remove all whose keys begin so.")
    var recursive = false

    @Flag(help: "Remove all versions and delete markers.")
    var versions = false

    @Option(
        name: .customLong("version-id"), help: "Remove this version.", transform: VersionID.init(argument:))
    var version: VersionID?

    @Flag(name: [.customShort("I"), .long], help: "Give up uploads that are not completed.")
    var incomplete = false

    @Flag(name: .customLong("dry-run"), help: "Print what would be removed, and remove nothing.")
    var dryRun = false

    @OptionGroup var safety: DurabilityOptions

    @Flag(name: .shortAndLong, help: "Print nothing.")
    var quiet = false

    func run() throws {
        Interruption.install()
        if dryRun {
            try remove(try objects.openToRead())
        } else {
            try objects.change(durability: safety.durability) { try remove($0) }
        }
    }

    private func remove(_ store: ObjectStore) throws {
        for path in paths {
            let bucket = try path.bucketName()
            if incomplete {
                for upload in try store.uploads(in: bucket, prefix: path.key) {
                    if !dryRun { try store.abortUpload(upload) }
                    report("upload of \(path.bucket)/\(upload.key)")
                }
            } else if let version {
                try remove(store, bucket, try path.objectKey(), version)
            } else {
                if path.key.isEmpty, !recursive {
                    throw ValidationError(
                        "'\(path.bucket)' is a bucket; remove all that is in it with --recursive.")
                }
                // What is removed does not disturb the list: it goes on by key.
                try path.forEachObject(
                    in: store, recursive: recursive, versions: versions ? .all : .latest
                ) { info in
                    try remove(store, bucket, try ObjectKey(info.key), versions ? info.version : nil)
                }
            }
        }
    }

    private func remove(
        _ store: ObjectStore, _ bucket: BucketName, _ key: ObjectKey, _ version: VersionID?
    ) throws {
        if Interruption.isRequested { throw Failure(.interrupted) }
        let name = "s3://\(bucket)/\(key)\(version.map { " version \($0)" } ?? "")"
        if dryRun { return report(name) }
        let result = try store.delete(bucket: bucket, key: key, version: version)
        if version != nil, result.version == nil {
            throw StoreError(
                .noSuchVersion, "object \(bucket)/\(key) has no version \(version?.description ?? "")")
        }
        report(name + (version == nil && result.isDeleteMarker ? " (delete marker)" : ""))
    }

    private func report(_ name: String) {
        if !quiet {
            StandardOutput.shared.writeLine("\(dryRun ? "would remove" : "removed"): \(name.printable)")
        }
    }
}
