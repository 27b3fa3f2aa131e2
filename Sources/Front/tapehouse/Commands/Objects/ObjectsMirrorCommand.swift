import JSON
import ArgumentParser
import DurableIO
import ObjectStore
import Synchronization

struct ObjectsMirrorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror",
        abstract: "Make a prefix like a directory, or a directory like a prefix.",
        discussion: """
            What is missing at the target is copied, and what differs there in size or is older; with --remove, what the source \
            does not have is removed. Objects are written with s3:// before them. What can be no object or no file (links, \
            pipes, names that are no UTF-8) is left out, which is told, and the command does not end with 0 then.

            EXAMPLES
              mkdir -p recordings && echo '{"c": 1}' > recordings/monday.json
              tapehouse objects mb quotes archive --ignore-existing
              tapehouse objects mirror recordings/ s3://quotes/recordings/
              tapehouse objects mirror s3://quotes backup/ --remove
              tapehouse objects mirror s3://quotes/recordings/ s3://archive/2024/ --dry-run
            """)

    @OptionGroup var objects: ObjectsOptions

    @Argument(help: "Where from.", completion: .directory)
    var source: String

    @Argument(help: "Where to.", completion: .directory)
    var target: String

    @Flag(help: "Remove at the target what the source does not have.")
    var remove = false

    @Flag(name: .customLong("dry-run"), help: "Print what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var safety: DurabilityOptions

    @Flag(name: .shortAndLong, help: "Print only the sum.")
    var quiet = false

    @OptionGroup var output: JSONOptions

    func validate() throws {
        guard source.hasPrefix(ObjectPath.scheme) || target.hasPrefix(ObjectPath.scheme) else {
            throw ValidationError("Neither is an object: write s3:// before what is.")
        }
    }

    func run() throws {
        Interruption.install()
        if dryRun || !target.hasPrefix(ObjectPath.scheme) {
            try mirror(try objects.openToRead())
        } else {
            try objects.change(durability: safety.durability) { try mirror($0) }
        }
    }

    private func mirror(_ store: ObjectStore) throws {
        let from = try Tree(source, store)
        let to = try Tree(target, store)
        let transfer = Transfer(isQuiet: quiet, output: output)
        var copied = 0
        var removed = 0
        let old = try to.entries(in: store, isSource: false, beside: from)
        let new = try from.entries(in: store, isSource: true, beside: to)
        guard !remove || !new.isEmpty || old.isEmpty else {
            throw Failure(
                .noInput,
                "there is nothing in \(source), and --remove would empty \(target); remove that with `tapehouse objects rm` or rm if it is meant"
            )
        }
        let changed = new.filter { name, entry in
            old[name].map {
                $0.byteCount != entry.byteCount || $0.modifiedNanoseconds < entry.modifiedNanoseconds
            } ?? true
        }
        transfer.total = changed.reduce(0) { $0 + $1.value.byteCount }
        for name in changed.keys.sorted().map(\.description) {
            try transfer.attempt {
                if !dryRun { try copy(name, from, to, store, transfer) }
                transfer.report(dryRun ? "would copy" : "copied", from.path(of: name), to.path(of: name))
                copied += 1
            }
        }
        let leftOut = LocalPath.leftOut.load(ordering: .relaxed)
        let isWhole = transfer.failures == 0 && !Damage.isMet && leftOut == 0
        if remove, !isWhole {
            StandardError.writeLine(
                "tapehouse: not all of \(source) could be read, so nothing is removed from \(target)")
        }
        for name in remove && isWhole ? old.keys.filter({ new[$0] == nil }).sorted().map(\.description) : [] {
            if Interruption.isRequested { throw Failure(.interrupted) }
            try transfer.attempt {
                if !dryRun { try to.remove(name, store) }
                transfer.report(dryRun ? "would remove" : "removed", to.path(of: name), "nothing")
                removed += 1
            }
        }
        output.print(
            "\(Format.grouped(new.count)) there, \(Format.grouped(copied)) \(dryRun ? "to copy" : "copied"), \(Format.grouped(removed)) \(dryRun ? "to remove" : "removed")",
            [
                ("there", .integer(new.count)), (dryRun ? "to_copy" : "copied", .integer(copied)),
                (dryRun ? "to_remove" : "removed", .integer(removed)), ("left_out", .integer(leftOut)),
                ("failed", .integer(transfer.failures)),
            ])
        try transfer.requireNoFailures()
        guard leftOut == 0 else {
            throw Failure(.badData, "\(leftOut) of \(source) left out; the rest is as there")
        }
    }

    private func copy(_ name: String, _ from: Tree, _ to: Tree, _ store: ObjectStore, _ transfer: Transfer)
        throws
    {
        switch (from, to) {
        case (.files(let directory), .objects(let bucket, let prefix)):
            _ = try transfer.put(
                "\(directory)/\(name)", to: store, bucket, try ObjectKey(prefix + name), PutOptions())
        case (.objects(let bucket, let prefix), .files(let directory)):
            try transfer.get(store, bucket, try ObjectKey(prefix + name), to: "\(directory)/\(name)")
        case (.objects(let bucket, let prefix), .objects(let target, let targetPrefix)):
            try transfer.copy(
                store, from: bucket, try ObjectKey(prefix + name), to: target,
                try ObjectKey(targetPrefix + name))
        case (.files, .files): break
        }
    }
}

/// One side of a mirror: files below a directory, or objects below a prefix.
private enum Tree {
    case files(String)
    case objects(BucketName, prefix: String)

    struct Entry {
        let byteCount: Int
        let modifiedNanoseconds: Int64
    }

    init(_ argument: String, _ store: ObjectStore) throws {
        guard argument.hasPrefix(ObjectPath.scheme) else {
            self = .files(
                argument.count > 1 && argument.hasSuffix("/") ? String(argument.dropLast()) : argument)
            return
        }
        guard let path = ObjectPath(argument: argument) else {
            throw ValidationError("'\(argument)' names no bucket.")
        }
        let prefix = path.key.isEmpty || path.key.hasSuffix("/") ? path.key : path.key + "/"
        self = .objects(try path.bucketName(), prefix: prefix)
        _ = try store.info(of: try path.bucketName())
    }

    /// What is there, by the paths from the directory or the prefix.
    ///
    /// - Parameters:
    ///   - isSource: a directory that does not exist counts as empty where it is a target.
    ///   - other: the other side. Keys that end in a slash are no names of files: between objects they are like others;
    ///     in files they are directories, and what data they have is left out.
    func entries(
        in store: ObjectStore, isSource: Bool, beside other: Tree
    ) throws -> [ExactString: Entry] {
        var entries: [ExactString: Entry] = [:]
        switch self {
        case .files(let directory):
            if !isSource, try FileSystem.local.kind(of: directory) == nil { return [:] }
            for name in try LocalPath.files(below: directory, isSource: isSource) {
                guard let status = try FileSystem.local.status(of: "\(directory)/\(name)") else { continue }
                entries[ExactString(name)] = Entry(
                    byteCount: status.byteCount, modifiedNanoseconds: status.modifiedNanoseconds)
            }
        case .objects(let bucket, let prefix):
            try store.forEachObject(bucket: bucket, prefix: prefix, damaged: Damage.report) { info in
                let name = String(decoding: info.key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
                guard other.canHold(name) else {
                    if isSource, info.byteCount > 0 {
                        LocalPath.leaveOut(
                            "s3://\(bucket)/\(info.key)", "has data and the name of a directory")
                    }
                    return
                }
                entries[ExactString(name)] = Entry(
                    byteCount: info.byteCount, modifiedNanoseconds: info.modifiedNanoseconds)
            }
        }
        return entries
    }

    /// Whether something of this name can be there: an empty one is that of the prefix itself.
    private func canHold(_ name: String) -> Bool {
        switch self {
        case .files: !name.isEmpty && !name.hasSuffix("/")
        case .objects(_, let prefix): !name.isEmpty || !prefix.isEmpty
        }
    }

    func path(of name: String) -> String {
        switch self {
        case .files(let directory): "\(directory)/\(name)"
        case .objects(let bucket, let prefix): "s3://\(bucket)/\(prefix)\(name)"
        }
    }

    func remove(_ name: String, _ store: ObjectStore) throws {
        switch self {
        case .files(let directory): try FileSystem.local.removeFile("\(directory)/\(name)")
        case .objects(let bucket, let prefix):
            try store.delete(bucket: bucket, key: try ObjectKey(prefix + name))
        }
    }
}
