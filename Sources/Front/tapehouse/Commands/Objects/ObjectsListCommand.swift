import JSON
import ArgumentParser
import MarketData
import ObjectStore

struct ObjectsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List buckets, objects, versions or unfinished uploads.",
        discussion: """
            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{"c": 1}' | tapehouse objects put - quotes/2024/AAPL.json
              tapehouse objects ls
              tapehouse objects ls quotes/2024/
              tapehouse objects ls quotes --recursive --summarize
              tapehouse objects ls 'quotes/**/AAPL*.json' --json
              tapehouse objects ls quotes -r --versions
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "A bucket, a prefix or a pattern; all buckets without.")
    var paths: [ObjectPath] = []

    @Flag(name: .shortAndLong, help: "List all keys instead of what they have in common up to a slash.")
    var recursive = false

    @Flag(help: "List all versions and delete markers.")
    var versions = false

    @Flag(name: [.customShort("I"), .long], help: "List uploads that have begun and are not completed.")
    var incomplete = false

    @Flag(help: "Print the number and the size of the objects at the end.")
    var summarize = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        Interruption.install()
        let store = try objects.openToRead()
        if paths.isEmpty { return try listBuckets(store) }
        var (count, bytes) = (0, 0)
        for path in paths {
            if incomplete {
                try listUploads(path, store)
            } else if path.isPattern || recursive {
                try path.forEachObject(
                    in: store, recursive: true, versions: versions ? .all : .latest
                ) { info in
                    try print(info, path.bucket)
                    count += 1
                    bytes += info.byteCount
                }
            } else {
                try listLevel(path, store, &count, &bytes)
            }
        }
        if summarize {
            StandardOutput.shared.writeLine(
                output.isJSON
                    ? OrderedJSON.object([("objects", .integer(count)), ("bytes", .integer(bytes))]).text
                    : "\(Format.grouped(count)) objects, \(Format.bytes(bytes))")
        }
        try Damage.requireNone()
    }

    private func print(_ info: ObjectInfo, _ bucket: String) throws {
        if Interruption.isRequested { throw Failure(.interrupted) }
        StandardOutput.shared.writeLine(
            output.isJSON ? info.json(bucket: bucket).text : info.line(withVersion: versions))
    }

    private func listBuckets(_ store: ObjectStore) throws {
        for bucket in try store.buckets() {
            let created = Timestamp(seconds: bucket.createdNanoseconds / 1_000_000_000).description
            StandardOutput.shared.writeLine(
                output.isJSON
                    ? OrderedJSON.object(bucket.members).text
                    : "\(Style.dim(created))  \(bucket.name)/\(bucket.versioning == .unversioned ? "" : "  \(bucket.versioning.rawValue)")"
            )
        }
    }

    /// What lies directly below a prefix; of one that names no slash, what begins with it.
    private func listLevel(
        _ path: ObjectPath, _ store: ObjectStore, _ count: inout Int, _ bytes: inout Int
    ) throws {
        var options = ListOptions(prefix: path.key, delimiter: "/")
        var found = 0
        repeat {
            let page = try store.list(
                bucket: try path.bucketName(), options, versions: versions ? .all : .latest,
                damaged: Damage.report)
            // Prefixes and keys come in one order.
            var prefixes = page.commonPrefixes[...]
            for info in page.objects {
                while let prefix = prefixes.first, prefix.utf8.lexicographicallyPrecedes(info.key.utf8) {
                    print(prefix: prefix, path.bucket)
                    prefixes = prefixes.dropFirst()
                }
                try print(info, path.bucket)
                bytes += info.byteCount
            }
            for prefix in prefixes { print(prefix: prefix, path.bucket) }
            count += page.objects.count
            found += page.objects.count + page.commonPrefixes.count
            options.token = page.nextToken
        } while options.token != nil
        if found == 0, !path.key.isEmpty {
            throw StoreError(.noSuchKey, "there is nothing that begins with \(path) in \(store.path)")
        }
    }

    private func print(prefix: String, _ bucket: String) {
        StandardOutput.shared.writeLine(
            output.isJSON
                ? OrderedJSON.object([("bucket", .string(bucket)), ("prefix", .string(prefix))]).text
                : "\(String(repeating: " ", count: 19))  \("DIR".leftPadding(to: 9))  \(prefix.printable)")
    }

    private func listUploads(_ path: ObjectPath, _ store: ObjectStore) throws {
        for upload in try store.uploads(in: try path.bucketName(), prefix: path.key) {
            let began = Timestamp(seconds: upload.initiatedNanoseconds / 1_000_000_000).description
            let parts = try store.parts(of: upload)
            let bytes = parts.reduce(0) { $0 + $1.byteCount }
            StandardOutput.shared.writeLine(
                output.isJSON
                    ? OrderedJSON.object([
                        ("bucket", .string(path.bucket)), ("key", .string(upload.key.description)),
                        ("upload_id", .string(upload.id.description)),
                        ("initiated_ns", .integer(upload.initiatedNanoseconds)),
                        ("parts", .integer(parts.count)), ("bytes", .integer(bytes)),
                    ]).text
                    : "\(Style.dim(began))  \(Format.bytes(bytes).leftPadding(to: 9))  \(parts.count) parts  \(upload.key.description.printable)"
            )
        }
    }
}
