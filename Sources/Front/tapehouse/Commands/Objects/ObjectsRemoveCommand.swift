import JSON
import ArgumentParser
import ObjectStore

struct ObjectsRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove objects, versions or unfinished uploads.",
        discussion: """
            In a bucket with versions an object gets a delete marker, and its versions stay; --versions removes them \
            for good. Versions that are retained or under a legal hold stay; --bypass removes those that are retained in the \
            mode GOVERNANCE.

            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{}' > a.json; cp a.json b.json; cp a.json c.json
              tapehouse objects put a.json b.json quotes/2023/
              tapehouse objects put a.json b.json c.json quotes
              tapehouse objects rm quotes/a.json quotes/b.json
              tapehouse objects rm 'quotes/2023/*' --dry-run
              tapehouse objects rm quotes/2023/ --recursive
              tapehouse objects rm quotes/c.json --version-id null
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

    @Flag(help: "Remove versions, too, that are retained in the mode GOVERNANCE.")
    var bypass = false

    @Flag(name: [.customShort("I"), .long], help: "Give up uploads that are not completed.")
    var incomplete = false

    @Flag(name: .customLong("dry-run"), help: "Print what would be removed, and remove nothing.")
    var dryRun = false

    @OptionGroup var safety: DurabilityOptions

    @Flag(name: .shortAndLong, help: "Print nothing.")
    var quiet = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        Interruption.install()
        if dryRun {
            try remove(try objects.openToRead())
        } else {
            try objects.change(durability: safety.durability) { try remove($0) }
        }
    }

    private func remove(_ store: ObjectStore) throws {
        let transfer = Transfer(isQuiet: true)
        for path in paths {
            let bucket = try path.bucketName()
            if incomplete {
                for upload in try store.uploads(in: bucket, prefix: path.key) {
                    if !dryRun { try store.abortUpload(upload) }
                    report("upload of \(path.bucket)/\(upload.key)", bucket, upload.key, nil)
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
                    // One that is locked does not keep the others from being removed.
                    try transfer.attempt {
                        try remove(store, bucket, try ObjectKey(info.key), versions ? info.version : nil)
                    }
                }
            }
        }
        try transfer.requireNoFailures("removed")
    }

    private func remove(
        _ store: ObjectStore, _ bucket: BucketName, _ key: ObjectKey, _ version: VersionID?
    ) throws {
        if Interruption.isRequested { throw Failure(.interrupted) }
        let name = "s3://\(bucket)/\(key)\(version.map { " version \($0)" } ?? "")"
        if dryRun { return report(name, bucket, key, version) }
        let result = try store.delete(
            bucket: bucket, key: key, version: version, bypassesGovernance: bypass)
        if version != nil, result.version == nil {
            throw StoreError(
                .noSuchVersion, "object \(bucket)/\(key) has no version \(version?.description ?? "")")
        }
        let isMarked = version == nil && result.isDeleteMarker
        report(name + (isMarked ? " (delete marker)" : ""), bucket, key, version, isMarked: isMarked)
    }

    private func report(
        _ name: String, _ bucket: BucketName, _ key: ObjectKey, _ version: VersionID?, isMarked: Bool = false
    ) {
        guard !quiet else { return }
        let action = dryRun ? "would remove" : "removed"
        output.print(
            "\(action): \(name.printable)",
            [
                ("action", .string(action)), ("bucket", .string(bucket.description)),
                ("key", .string(key.description)), ("version_id", .optional(version?.description)),
                ("delete_marker", .boolean(isMarked)),
            ])
    }
}
