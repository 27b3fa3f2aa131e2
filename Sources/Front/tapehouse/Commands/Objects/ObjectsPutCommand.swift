import ArgumentParser
import DurableIO
import ObjectStore

struct ObjectsPutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Put files as objects.",
        discussion: """
            An object is there whole or not at all, and replaces the one with the same key, or becomes its newest version. Where \
            the target ends in a slash, or there are several files, each goes there under its own name.

            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{}' > a.json; echo '[]' > b.json
              tapehouse objects put a.json quotes/2024/01/
              tapehouse objects put a.json b.json quotes --metadata source=feed
              gzip -c a.json | tapehouse objects put - quotes/a.json.gz --tag day=monday
              tapehouse objects put b.json quotes/state.json --create-only
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(
        help: "Files, - for standard input, and last where they go: BUCKET, BUCKET/PREFIX/ or BUCKET/KEY.",
        completion: .file())
    var paths: [String]

    @Option(name: .customLong("content-type"), help: "The media type.")
    var contentType: String?

    @Option(
        name: .customLong("metadata"),
        help: ArgumentHelp("Metadata of your own; may be repeated.", valueName: "name=value"))
    var metadata: [Assignment] = []

    @Option(name: .customLong("tag"), help: ArgumentHelp("A tag; may be repeated.", valueName: "name=value"))
    var tags: [Assignment] = []

    @Option(
        help: ArgumentHelp("Keep a checksum: CRC32, CRC32C, CRC64NVME, SHA1 or SHA256.", valueName: "kind"),
        transform: choice)
    var checksum: ChecksumAlgorithm?

    @Flag(name: .customLong("create-only"), help: "Replace nothing: fail where the object is there.")
    var createOnly = false

    @Option(name: .customLong("if-match"), help: "Replace only the object with this etag.")
    var ifMatch: String?

    @OptionGroup var safety: DurabilityOptions

    @Flag(name: .shortAndLong, help: "Print nothing.")
    var quiet = false

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard paths.count >= 2 else { throw ValidationError("Give at least one file, and where it goes.") }
        guard paths.filter({ $0 == "-" }).count <= 1 else {
            throw ValidationError("Standard input (-) can be read only once.")
        }
        guard !createOnly || ifMatch == nil else {
            throw ValidationError("--create-only and --if-match exclude each other.")
        }
    }

    func run() throws {
        guard let last = paths.last, let target = ObjectPath(argument: last) else {
            throw ValidationError("'\(paths.last ?? "")' is no bucket.")
        }
        let files = paths.dropLast()
        let isFolder = target.key.isEmpty || target.key.hasSuffix("/") || files.count > 1
        guard !isFolder || !files.contains("-") else {
            throw ValidationError("Standard input has no name: give BUCKET/KEY as the target.")
        }
        Interruption.install()
        let transfer = Transfer(isQuiet: quiet, output: output)
        transfer.total = try? files.reduce(0) { try $0 + (FileSystem.local.status(of: $1)?.byteCount ?? 0) }
        try objects.change(durability: safety.durability) { store in
            for file in files {
                let folder = target.key.isEmpty || target.key.hasSuffix("/") ? target.key : target.key + "/"
                let key = isFolder ? folder + FileSystem.name(of: file) : target.key
                let info = try transfer.put(
                    file, to: store, try target.bucketName(), try ObjectKey(key), options)
                transfer.report("put", file, "s3://\(target.bucket)/\(info.key)")
            }
        }
    }

    private var options: PutOptions {
        var options = PutOptions()
        options.headers.contentType = contentType
        options.userMetadata = Assignment.dictionary(metadata)
        options.tags = Assignment.dictionary(tags)
        options.checksum = checksum
        if createOnly { options.preconditions = .createOnly }
        if let ifMatch { options.preconditions.ifMatch = .oneOf([ifMatch]) }
        return options
    }
}
