import DurableIO
import SQLEngine

/// A file of a stage.
public struct StageFile: Sendable, Hashable {
    /// Where it lies in its storage: for `s3://bucket/a/b.csv` that is `bucket/a/b.csv`.
    public let path: String
    /// The size in bytes, as stored.
    public let byteCount: Int
    /// What changes with the content.
    public let etag: String
    /// When it was last changed, in microseconds since 1970 UTC.
    public let modified: Int64

    /// Describes a file.
    public init(path: String, byteCount: Int, etag: String, modified: Int64) {
        self.path = path
        self.byteCount = byteCount
        self.etag = etag
        self.modified = modified
    }
}

/// Where files of stages lie that are reached by a URL, such as an object store.
/// `Session.Options.stageStorage` has one for each
/// scheme of URLs. Called from several threads.
public protocol StageStorage: Sendable {
    /// All files whose paths begin with `prefix`, in any order.
    func list(_ prefix: String) throws -> [StageFile]
    /// The content of a file.
    func read(_ path: String) throws -> [UInt8]
    /// Makes or replaces a file, in one step.
    func write(_ path: String, _ bytes: [UInt8]) throws
    /// Removes a file; one that is not there is no error.
    func remove(_ path: String) throws
}

/// A folder of the file system as storage; paths are below it.
struct LocalStorage: StageStorage {
    /// Without a slash at the end; empty for the root of the file system.
    let root: String
    private let fileSystem = FileSystem.local

    init(root: String) {
        var root = root
        while root.hasSuffix("/") { root.removeLast() }
        self.root = root
    }

    /// The path in the file system.
    func fullPath(_ path: String) -> String { "\(root)/\(path)" }

    /// Makes sure that there is a folder at the root.
    func requireFolder() throws {
        let folder = root.isEmpty ? "/" : root
        guard try fileSystem.kind(of: folder) != .directory else { return }
        throw SQLError(.notFound, "there is no folder \(folder)")
    }

    func list(_ prefix: String) throws -> [StageFile] {
        // The prefix may end within a name.
        let folder = prefix.contains("/") ? FileSystem.parent(of: prefix) : ""
        var files: [StageFile] = []
        let top = folder.isEmpty ? root : fullPath(folder)
        guard try fileSystem.kind(of: top.isEmpty ? "/" : top) == .directory else { return [] }
        try collect(folder.isEmpty ? "" : folder + "/", prefix, into: &files)
        return files
    }

    private func collect(_ folder: String, _ prefix: String, into files: inout [StageFile]) throws {
        for name in try fileSystem.list(fullPath(folder)) where !Self.isTemporary(name) {
            let path = folder + name
            guard path.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: path.utf8) else { continue }
            guard let status = try fileSystem.status(of: fullPath(path)) else { continue }
            if status.kind == .directory {
                try collect(path + "/", prefix, into: &files)
            } else if path.utf8.starts(with: prefix.utf8), let file = try describe(path, status) {
                files.append(file)
            }
        }
    }

    private func describe(_ path: String, _ status: FileStatus) throws -> StageFile? {
        var size = status.byteCount
        if status.kind == .other {
            // A symbolic link to a file counts as the file; one to a folder is passed over, as it may
            // lead back.
            guard try fileSystem.kind(of: fullPath(path)) == .file else { return nil }
            size = try fileSystem.open(fullPath(path), .read).size()
        }
        let modified = status.modifiedNanoseconds
        return StageFile(
            path: path, byteCount: size, etag: "\(String(size, radix: 16))-\(String(modified, radix: 16))",
            modified: modified / 1000)
    }

    func read(_ path: String) throws -> [UInt8] { try fileSystem.contents(of: fullPath(path)) }

    func write(_ path: String, _ bytes: [UInt8]) throws {
        let target = fullPath(path)
        try fileSystem.createDirectory(FileSystem.parent(of: target))
        let temporary =
            FileSystem.parent(of: target)
            + "/\(Self.temporaryPrefix)\(FileSystem.name(of: target))\(Self.temporarySuffix)"
        try fileSystem.replaceContents(of: target, with: bytes, by: temporary)
    }

    // A file that is being written, or whose writer was killed, is none of the stage's yet.
    private static let temporaryPrefix = "."
    private static let temporarySuffix = ".tapehouse-tmp"

    private static func isTemporary(_ name: String) -> Bool {
        name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix)
    }

    func remove(_ path: String) throws { try fileSystem.removeFile(fullPath(path)) }

    /// Whether something stands at a path.
    func exists(_ path: String) throws -> Bool { try fileSystem.kind(of: fullPath(path)) != nil }
}
