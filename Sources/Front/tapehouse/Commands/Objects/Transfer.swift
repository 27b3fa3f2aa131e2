import DurableIO
import ObjectStore
import Synchronization

/// Moves data between files and objects, with a progress bar, until Ctrl-C.
final class Transfer {
    /// What is known beforehand of what is to be moved, in bytes.
    var total: Int?
    private(set) var objects = 0
    private(set) var bytes = 0
    private(set) var failures = 0
    private let bar = ProgressBar()
    private let isQuiet: Bool

    init(isQuiet: Bool = false) {
        self.isQuiet = isQuiet
    }

    deinit { bar.clear() }

    private func advance(_ count: Int, _ label: String) throws {
        if Interruption.isRequested { throw Failure(.interrupted) }
        bytes += count
        if !isQuiet { bar.show(label, completed: bytes, total: total, unit: Format.bytes) }
    }

    /// Moves one of many: what goes wrong with it is said, and does not keep the others from being moved.
    func attempt(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DurableIOError where error.code != .noSpace {
            fail(error)
        } catch let error as StoreError where error.code != .readOnly {
            fail(error)
        }
    }

    private func fail(_ error: any Error) {
        bar.clear()
        failures += 1
        StandardError.writeLine("tapehouse: \(error)")
    }

    /// Ends the row of attempts.
    ///
    /// - Throws: `Failure` where some went wrong.
    func requireNoFailures() throws {
        guard failures == 0 else {
            throw Failure(.badData, "\(failures) could not be moved; the rest was")
        }
    }

    /// Puts a file; `-` is standard input.
    func put(
        _ path: String, to store: ObjectStore, _ bucket: BucketName, _ key: ObjectKey, _ options: PutOptions
    ) throws -> ObjectInfo {
        let isInput = path == "-"
        let file = isInput ? try FileSystem.local.standardInput() : try FileSystem.local.open(path, .read)
        if !isInput, try FileSystem.local.kind(of: path) == .directory {
            throw Failure(.noInput, "\(path) is a directory: put it with `tapehouse objects mirror`")
        }
        let writer = try store.makeWriter(bucket: bucket, key: key, options: options)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var position = 0
        while true {
            let count: Int
            do {
                count = isInput ? try file.readNext(into: buffer) : try file.read(into: buffer, at: position)
            } catch let error as DurableIOError where error.code == .interrupted {
                try advance(0, "put")
                continue
            }
            guard count > 0 else { break }
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += count
            try advance(count, "put")
        }
        objects += 1
        return try writer.finish()
    }

    /// Writes an object to a file, which is there whole or not at all.
    func get(
        _ store: ObjectStore, _ bucket: BucketName, _ key: ObjectKey, version: VersionID? = nil,
        to path: String
    ) throws {
        if path.hasSuffix("/") {
            // A key that ends in a slash stands for a directory.
            if try store.head(bucket: bucket, key: key, version: version).byteCount > 0 {
                StandardError.writeLine(
                    "tapehouse: \(bucket)/\(key) ends in a slash: a directory was made, and its data left out"
                )
            }
            try FileSystem.local.createDirectory(String(path.dropLast()))
            objects += 1
            return
        }
        let reader = try store.open(bucket: bucket, key: key, version: version)
        if FileSystem.parent(of: path) != "." {
            try FileSystem.local.createDirectory(FileSystem.parent(of: path))
        }
        // A name that nobody has: what lies beside the target is somebody else's.
        let mark = String(UInt64.random(in: .min ... .max), radix: 36)
        let part = "\(FileSystem.parent(of: path))/.\(FileSystem.name(of: path).prefix(60)).\(mark).part"
        do {
            let file = try FileSystem.local.open(part, .replace)
            var position = 0
            while let piece = try reader.next() {
                try file.write(piece, at: position)
                position += piece.count
                try advance(piece.count, "get")
            }
            try file.sync()
            try FileSystem.local.rename(part, to: path)
        } catch {
            try? FileSystem.local.removeFile(part)
            throw error
        }
        objects += 1
    }

    /// Copies an object.
    func copy(
        _ store: ObjectStore, from bucket: BucketName, _ key: ObjectKey, version: VersionID? = nil,
        to target: BucketName, _ targetKey: ObjectKey
    ) throws {
        let info = try store.copy(from: bucket, key, version: version, to: target, targetKey)
        objects += 1
        try advance(info.byteCount, "copy")
    }

    /// Says on standard output what was moved, at once: whoever reads it may rely on it.
    func report(_ verb: String, _ from: String, _ to: String) {
        guard !isQuiet else { return }
        bar.clear()
        StandardOutput.shared.writeLine("\(verb): \(from.printable) -> \(to.printable)")
        StandardOutput.shared.flush()
    }
}

/// Where files are named after keys, and keys after files.
enum LocalPath {
    /// How many things below directories were neither.
    static let leftOut = Atomic<Int>(0)

    /// The file for a key below a directory.
    static func file(for key: String, below prefix: String, in directory: String) -> String {
        let start =
            prefix.lastIndex(of: "/").map { prefix.utf8.distance(from: prefix.startIndex, to: $0) + 1 } ?? 0
        let rest = String(decoding: key.utf8.dropFirst(start), as: UTF8.self)
        return directory == "."
            ? rest : "\(directory.hasSuffix("/") ? String(directory.dropLast()) : directory)/\(rest)"
    }

    /// The files below a directory, by their paths from there, sorted. Symbolic links are left out.
    static func files(below directory: String, prefix: String = "") throws -> [String] {
        try FileSystem.local.list(directory).flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            switch try FileSystem.local.status(of: path)?.kind {
            case .directory: return try files(below: path, prefix: "\(prefix)\(name)/")
            case .file: return ["\(prefix)\(name)"]
            default:
                leftOut.add(1, ordering: .relaxed)
                StandardError.writeLine("tapehouse: \(path) is neither a file nor a directory, and left out")
                return []
            }
        }
    }
}
