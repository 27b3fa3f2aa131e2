import ArgumentParser
import DurableIO
import ObjectStore
import Pipeline
import Synchronization

struct ObjectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "objects",
        abstract: "Work on the object store: buckets, objects, versions, the drive.",
        discussion: """
            The store is a directory in the layout of a single-drive MinIO: what is written here MinIO can serve, and a drive that \
            MinIO wrote can be opened while that MinIO is stopped. Commands that change something need the directory for \
            themselves; the others look on.

            Objects are written BUCKET/KEY or s3://BUCKET/KEY. In a key, * and ? match within a part between slashes, ** across \
            them; quote them from the shell, and put a backslash before those that are meant themselves.

            EXAMPLES
              tapehouse objects mb quotes --with-versioning
              echo '{"c": 1}' | tapehouse objects put - quotes/2024/monday.json
              tapehouse objects ls quotes --recursive
              tapehouse objects cat 'quotes/**/m*.json'
              tapehouse objects mirror s3://quotes backup/
              tapehouse objects verify
            """,
        subcommands: [
            ObjectsMakeBucketCommand.self, ObjectsRemoveBucketCommand.self, ObjectsListCommand.self,
            ObjectsPutCommand.self, ObjectsGetCommand.self, ObjectsCatCommand.self, ObjectsStatCommand.self,
            ObjectsRemoveCommand.self, ObjectsCopyCommand.self, ObjectsMirrorCommand.self,
            ObjectsVersionCommand.self, ObjectsVerifyCommand.self, ObjectsUsageCommand.self,
            ObjectsBenchCommand.self,
        ])
}

/// Which drive a command works on.
struct ObjectsOptions: ParsableArguments {
    @Option(
        name: .customLong("objects-dir"),
        help: ArgumentHelp("A drive of its own instead of the data directory's store.", valueName: "dir"),
        completion: .directory)
    var path: String?

    @OptionGroup var data: DataDirectoryOptions

    @OptionGroup var wait: WaitOptions

    var resolved: String { path ?? DataDirectory(data.resolved).objects }

    /// Opens the store to look at it, beside whoever writes there.
    func openToRead() throws -> ObjectStore {
        try requireDrive()
        return try ObjectStore(resolved, access: .readOnly)
    }

    private func requireDrive() throws {
        guard try FileSystem.local.kind(of: "\(resolved)/.minio.sys/format.json") == .file else {
            throw Failure(
                .noInput,
                "there is no object store \(resolved): make a bucket with `tapehouse objects mb` first, or name another with --objects-dir or --data-dir"
            )
        }
    }

    /// Opens the store to change it and gives it to `body`.
    ///
    /// - Parameter creates: whether it is made where there is none: not by a mistyped path.
    func change<Result>(
        durability: Durability = .full, creates: Bool = false, _ body: (ObjectStore) throws -> Result
    ) throws -> Result {
        if !creates { try requireDrive() }
        // Who runs a pipeline in the data directory must not find its store changed under it.
        let directory = DataDirectory(data.resolved)
        let lock =
            try path == nil
            ? wait.untilFree { try directory.lock(purpose: "objects command", fileSystem: .local) } : nil
        defer { withExtendedLifetime(lock) {} }
        var options = ObjectStore.Options()
        options.durability = durability
        options.report = Damage.report
        return try body(try wait.untilFree { try ObjectStore(resolved, options: options) })
    }
}

/// How safely a command writes.
struct DurabilityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What has reached the disk when an object counts as put: none, data (as MinIO), or full (data and names). (default: full)",
            valueName: "level"),
        completion: .list(Durability.allCases.map(\.rawValue)), transform: choice)
    var durability = Durability.full
}

/// An object, a prefix or a pattern on the command line.
struct ObjectPath: ExpressibleByArgument, CustomStringConvertible {
    static let scheme = "s3://"
    static var defaultCompletionKind: CompletionKind { Completions.buckets }

    let bucket: String
    /// The key, the beginning of keys, or a pattern; empty where only a bucket is named.
    let key: String
    /// Whether it was written with `s3://`.
    let hasScheme: Bool

    init?(argument: String) {
        hasScheme = argument.hasPrefix(Self.scheme)
        let path = hasScheme ? argument.dropFirst(Self.scheme.count) : argument[...]
        let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else { return nil }
        bucket = String(first)
        key = parts.count > 1 ? String(parts[1]) : ""
    }

    init(bucket: String, key: String) {
        (self.bucket, self.key, hasScheme) = (bucket, key, true)
    }

    var description: String { "\(bucket)/\(key)" }

    func bucketName() throws -> BucketName { try BucketName(bucket) }

    /// The one object that is meant; `\*` and `\?` are the characters themselves.
    func objectKey() throws -> ObjectKey {
        let key = KeyPattern.unescaped(key)
        guard !key.isEmpty else {
            throw ValidationError("'\(bucket)' is a bucket; name an object as \(bucket)/KEY.")
        }
        return try ObjectKey(key)
    }

    var isPattern: Bool { KeyPattern.isPattern(key) }

    /// Calls `body` with the objects that are meant: one, those that match, or, with `recursive`, those below
    /// a prefix.
    ///
    /// - Throws: `StoreError` with code `noSuchKey` where there are none.
    func forEachObject(
        in store: ObjectStore, recursive: Bool = false, versions: ObjectStore.ListedVersions = .latest,
        _ body: (ObjectInfo) throws -> Void
    ) throws {
        let bucket = try bucketName()
        guard isPattern || recursive || key.isEmpty || versions == .all else {
            return try body(try store.head(bucket: bucket, key: try objectKey()))
        }
        let pattern = isPattern ? KeyPattern(key) : nil
        let key = KeyPattern.unescaped(key)
        var found = 0
        try store.forEachObject(
            bucket: bucket, prefix: pattern?.literalPrefix ?? key, versions: versions, damaged: Damage.report
        ) { info in
            guard pattern?.matches(info.key) ?? (recursive || key.isEmpty || info.key == key) else { return }
            found += 1
            try body(info)
        }
        guard found > 0 || (key.isEmpty && recursive) else {
            throw StoreError(.noSuchKey, "there is no object that matches \(self) in \(store.path)")
        }
    }
}

/// Objects that are damaged or cannot be read do not keep a command from the others.
enum Damage {
    private static let damaged = Atomic<Int>(0)
    private static let unreadable = Atomic<Int>(0)

    static var isMet: Bool { damaged.load(ordering: .relaxed) + unreadable.load(ordering: .relaxed) > 0 }

    @Sendable static func report(_ error: StoreError) {
        if error.code == .unreadable {
            unreadable.add(1, ordering: .relaxed)
        } else {
            damaged.add(1, ordering: .relaxed)
        }
        StandardError.writeLine("tapehouse: \(error.message)")
    }

    static func report(_ error: DurableIOError) {
        unreadable.add(1, ordering: .relaxed)
        StandardError.writeLine("tapehouse: \(error.message)")
    }

    /// Ends a command that has met damage, or what cannot be read, with the exit code for it.
    static func requireNone() throws {
        if damaged.load(ordering: .relaxed) > 0 { throw Failure(.badData) }
        if unreadable.load(ordering: .relaxed) > 0 { throw Failure(.inputOutput) }
    }
}

/// One of a few words on the command line.
func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Choice {
    if let found = Choice.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) {
        return found
    }
    let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("'\(text)' is none of \(words).")
}
