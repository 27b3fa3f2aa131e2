import JSON
import ArgumentParser
import ObjectStore

struct ObjectsStatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Show all that is known of objects.",
        discussion: """
            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{}' | tapehouse objects put - quotes/monday.json
              tapehouse objects stat quotes/monday.json
              tapehouse objects stat 'quotes/*.json' --versions --json
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "Objects or patterns.")
    var paths: [ObjectPath]

    @Option(name: .customLong("version-id"), help: "This version.", transform: VersionID.init(argument:))
    var version: VersionID?

    @Flag(help: "All versions and delete markers.")
    var versions = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        let store = try objects.openToRead()
        for path in paths {
            if let version {
                let key = try path.objectKey()
                print(try store.head(bucket: try path.bucketName(), key: key, version: version), path.bucket)
            } else {
                try path.forEachObject(in: store, versions: versions ? .all : .latest) {
                    print($0, path.bucket)
                }
            }
        }
        try Damage.requireNone()
    }

    private func print(_ info: ObjectInfo, _ bucket: String) {
        StandardOutput.shared.write(
            output.isJSON ? info.json(bucket: bucket).text + "\n" : info.description(in: bucket))
    }
}

struct ObjectsUsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "du",
        abstract: "Add up the sizes of objects.",
        discussion: """
            EXAMPLES
              tapehouse objects mb quotes --ignore-existing
              echo '{}' | tapehouse objects put - quotes/2024/monday.json
              tapehouse objects du
              tapehouse objects du quotes --depth 2
              tapehouse objects du quotes/2024/ --versions --json
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "Buckets or prefixes; all buckets without.")
    var paths: [ObjectPath] = []

    @Option(name: .shortAndLong, help: "Down to how many slashes below what is named sums are printed.")
    var depth = 0

    @Flag(help: "Count all versions.")
    var versions = false

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard (0...100).contains(depth) else { throw ValidationError("--depth is from 0 to 100.") }
    }

    func run() throws {
        let store = try objects.openToRead()
        let named =
            paths.isEmpty
            ? try store.buckets().map { ObjectPath(bucket: $0.name.description, key: "") } : paths
        for path in named { try add(path, store) }
        try Damage.requireNone()
    }

    /// Keys come in order, so the sums under way are those of the prefixes of the last key.
    private func add(_ path: ObjectPath, _ store: ObjectStore) throws {
        var open: [(prefix: String, objects: Int, bytes: Int)] = [(path.key, 0, 0)]
        func close(downTo count: Int) {
            while open.count > count, let sum = open.popLast() {
                print("\(path.bucket)/\(sum.prefix)", sum.objects, sum.bytes)
            }
        }
        try store.forEachObject(
            bucket: try path.bucketName(), prefix: path.key, versions: versions ? .all : .latest,
            damaged: Damage.report
        ) { info in
            let prefixes = levels(of: info.key, below: path.key)
            var shared = 1
            while shared < open.count, shared <= prefixes.count, open[shared].prefix == prefixes[shared - 1] {
                shared += 1
            }
            close(downTo: shared)
            for prefix in prefixes.dropFirst(shared - 1) { open.append((prefix, 0, 0)) }
            for index in open.indices {
                open[index].objects += 1
                open[index].bytes += info.byteCount
            }
        }
        close(downTo: 0)
    }

    private func levels(of key: String, below prefix: String) -> [String] {
        var levels: [String] = []
        var index = key.utf8.index(key.startIndex, offsetBy: prefix.utf8.count)
        while levels.count < depth, let slash = key.utf8[index...].firstIndex(of: UInt8(ascii: "/")) {
            index = key.utf8.index(after: slash)
            levels.append(String(key[..<index]))
        }
        return levels
    }

    private func print(_ name: String, _ objects: Int, _ bytes: Int) {
        StandardOutput.shared.writeLine(
            output.isJSON
                ? OrderedJSON.object([
                    ("prefix", .string(name)), ("objects", .integer(objects)), ("bytes", .integer(bytes)),
                ]).text
                : "\(Format.bytes(bytes).leftPadding(to: 9))  \("\(Format.grouped(objects)) objects".leftPadding(to: 18))  \(name.printable)"
        )
    }
}

extension VersionID {
    /// A version on the command line.
    init(argument: String) throws {
        guard let version = VersionID(argument) else {
            throw ValidationError(
                "'\(argument)' is no version: give null or a UUID, as `ls --versions` shows them.")
        }
        self = version
    }
}
