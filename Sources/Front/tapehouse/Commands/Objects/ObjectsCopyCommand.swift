import ArgumentParser
import DurableIO
import ObjectStore

struct ObjectsCopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copy objects, from and to files too.",
        discussion: """
            Here objects are written with s3:// before them, and all else is a file. A target that ends in a slash, or a bucket, \
            takes what is copied under its own name.

            EXAMPLES
              tapehouse objects mb quotes archive --ignore-existing
              echo '{"c": 1}' > a.json
              tapehouse objects cp a.json s3://quotes/
              tapehouse objects cp s3://quotes/a.json s3://archive/2024/
              tapehouse objects cp 's3://archive/2024/**' s3://archive/copy/
              tapehouse objects cp s3://quotes/a.json ./
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "What to copy, and last where to.", completion: .file())
    var paths: [String]

    @Flag(name: .shortAndLong, help: "Copy all whose keys begin so.")
    var recursive = false

    @Option(name: .customLong("version-id"), help: "Copy this version.", transform: VersionID.init(argument:))
    var version: VersionID?

    @OptionGroup var safety: DurabilityOptions

    @Flag(name: .shortAndLong, help: "Print nothing.")
    var quiet = false

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard paths.count >= 2 else { throw ValidationError("Give what to copy, and where to.") }
        guard paths.contains(where: { $0.hasPrefix(ObjectPath.scheme) }) else {
            throw ValidationError("Nothing of this is an object: write s3:// before those that are.")
        }
    }

    func run() throws {
        Interruption.install()
        let transfer = Transfer(isQuiet: quiet, output: output)
        let target = paths[paths.count - 1]
        if target.hasPrefix(ObjectPath.scheme) {
            guard let path = ObjectPath(argument: target) else {
                throw ValidationError("'\(target)' names no bucket.")
            }
            try objects.change(durability: safety.durability) { store in
                // Said once, not for each that is to be copied.
                _ = try store.info(of: try path.bucketName())
                for source in paths.dropLast() { try copy(source, to: path, store, transfer) }
            }
        } else {
            let store = try objects.openToRead()
            for source in paths.dropLast() { try copy(source, toFile: target, store, transfer) }
        }
        try transfer.requireNoFailures()
    }

    private func copy(_ source: String, to target: ObjectPath, _ store: ObjectStore, _ transfer: Transfer)
        throws
    {
        let isFolder = target.key.isEmpty || target.key.hasSuffix("/") || paths.count > 2
        let folder = target.key.isEmpty || target.key.hasSuffix("/") ? target.key : target.key + "/"
        let bucket = try target.bucketName()
        guard source.hasPrefix(ObjectPath.scheme) else {
            let key = try ObjectKey(isFolder ? folder + FileSystem.name(of: source) : target.key)
            _ = try transfer.put(source, to: store, bucket, key, PutOptions())
            return transfer.report("copied", source, "s3://\(bucket)/\(key)")
        }
        guard let path = ObjectPath(argument: source) else {
            throw ValidationError("'\(source)' names no bucket.")
        }
        let copyOne = { (name: String, key: ObjectKey) in
            let from = try ObjectKey(name)
            try transfer.copy(
                store, from: try path.bucketName(), from, version: version, to: bucket, key)
            transfer.report("copied", "s3://\(path.bucket)/\(name)", "s3://\(bucket)/\(key)")
        }
        guard path.isPattern || recursive else {
            let key = try path.objectKey()
            let name = path.key.split(separator: "/").last.map(String.init) ?? path.key
            return try copyOne(key.description, try ObjectKey(isFolder ? folder + name : target.key))
        }
        let prefix = path.isPattern ? KeyPattern(path.key).literalPrefix : path.key
        // Listed before anything is written: a copy into the same prefix must not be copied again.
        var keys: [String] = []
        try path.forEachObject(in: store, recursive: recursive) { keys.append($0.key) }
        for name in keys {
            let rest = LocalPath.file(for: name, below: prefix, in: ".")
            try transfer.attempt { try copyOne(name, try ObjectKey(folder + rest)) }
        }
    }

    private func copy(_ source: String, toFile target: String, _ store: ObjectStore, _ transfer: Transfer)
        throws
    {
        guard let path = ObjectPath(argument: source), path.hasScheme else {
            throw ValidationError("'\(source)' is no object: write s3:// before it.")
        }
        let bucket = try path.bucketName()
        let isMany = path.isPattern || recursive
        let isFolder =
            try isMany || paths.count > 2 || target.hasSuffix("/")
            || FileSystem.local.kind(of: target) == .directory
        let prefix = path.isPattern ? KeyPattern(path.key).literalPrefix : path.key
        let getOne = { (name: String, file: String) in
            try transfer.get(store, bucket, try ObjectKey(name), version: version, to: file)
            transfer.report("copied", "s3://\(bucket)/\(name)", file)
        }
        guard isMany else {
            let key = try path.objectKey().description
            return try getOne(key, isFolder ? LocalPath.file(for: key, below: key, in: target) : target)
        }
        try path.forEachObject(in: store, recursive: recursive) { info in
            try transfer.attempt {
                try getOne(info.key, LocalPath.file(for: info.key, below: prefix, in: target))
            }
        }
    }
}
