import ArgumentParser
import DurableIO
import ObjectStore

struct ObjectsGetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Write objects to files.",
        discussion: """
            Every block is checked against its hash; a file is there whole or not at all.

            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{"c": 1}' | tapehouse objects put - quotes/2024/monday.json
              tapehouse objects get quotes/2024/monday.json
              tapehouse objects get quotes/2024/monday.json old.json --version-id null
              tapehouse objects get 'quotes/2024/**' backup/
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "An object or a pattern.")
    var source: ObjectPath

    @Argument(help: "A file, or a directory; the current directory without.", completion: .file())
    var target = "."

    @Option(name: .customLong("version-id"), help: "This version.", transform: VersionID.init(argument:))
    var version: VersionID?

    @Flag(name: .shortAndLong, help: "Print nothing.")
    var quiet = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        Interruption.install()
        let store = try objects.openToRead()
        let bucket = try source.bucketName()
        let transfer = Transfer(isQuiet: quiet, output: output)
        let isFolder =
            try source.isPattern || target.hasSuffix("/") || FileSystem.local.kind(of: target) == .directory
        if source.isPattern {
            try source.forEachObject(in: store) { info in
                let path = LocalPath.file(
                    for: info.key, below: KeyPattern(source.key).literalPrefix, in: target)
                try transfer.attempt {
                    try transfer.get(store, bucket, try ObjectKey(info.key), to: path)
                    transfer.report("got", "s3://\(bucket)/\(info.key)", path)
                }
            }
            try transfer.requireNoFailures()
        } else {
            let key = try source.objectKey()
            transfer.total = try store.head(bucket: bucket, key: key, version: version).byteCount
            let path =
                isFolder ? LocalPath.file(for: source.key, below: source.key, in: target) : target
            try transfer.get(store, bucket, key, version: version, to: path)
            transfer.report("got", "s3://\(bucket)/\(key)", path)
        }
    }
}

struct ObjectsCatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print the data of objects.",
        discussion: """
            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{"c": 1}' | tapehouse objects put - quotes/2024/state.json
              tapehouse objects cat quotes/2024/state.json
              tapehouse objects cat quotes/2024/state.json --offset -4
              tapehouse objects cat 'quotes/2024/**' | wc -l
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "Objects or patterns.")
    var paths: [ObjectPath]

    @Option(name: .customLong("version-id"), help: "This version.", transform: VersionID.init(argument:))
    var version: VersionID?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin at this byte; -N for the last N bytes.", valueName: "byte"))
    var offset: Int?

    func run() throws {
        Interruption.install()
        let store = try objects.openToRead()
        if offset == .min { throw ValidationError("--offset is out of range.") }
        for path in paths {
            if version != nil || !path.isPattern {
                try print(store, path, try path.objectKey())
            } else {
                try path.forEachObject(in: store) { try print(store, path, try ObjectKey($0.key)) }
            }
        }
        try Damage.requireNone()
    }

    private func print(_ store: ObjectStore, _ path: ObjectPath, _ key: ObjectKey) throws {
        let range = offset.map { $0 < 0 ? ByteRange.last(-$0) : .from($0) } ?? .all
        let reader = try store.open(
            bucket: try path.bucketName(), key: key, version: version, range: range)
        while let piece = try reader.next() {
            if Interruption.isRequested { throw Failure(.interrupted) }
            StandardOutput.shared.write(bytes: piece)
        }
    }
}
