import JSON
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
    /// The exit codes of what failed.
    private var statuses: Set<ExitStatus> = []
    private let bar = ProgressBar()
    private let isQuiet: Bool
    private let output: JSONOptions

    init(isQuiet: Bool = false, output: JSONOptions = JSONOptions()) {
        self.isQuiet = isQuiet
        self.output = output
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
        statuses.insert(ExitStatus.status(of: error) ?? .fault)
        StandardError.writeLine("tapehouse: \(error)")
    }

    /// Ends the row of attempts.
    ///
    /// - Throws: `Failure` where some went wrong, with their exit code where they have one in common.
    func requireNoFailures(_ done: String = "moved") throws {
        guard failures == 0 else {
            let status = statuses.count == 1 ? statuses.first : nil
            throw Failure(status ?? .badData, "\(failures) could not be \(done); the rest was")
        }
        try Damage.requireNone()
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
        output.print(
            "\(verb): \(from.printable) -> \(to.printable)",
            [("action", .string(verb)), ("from", .string(from)), ("to", .string(to))])
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

    /// The files below a directory, by their paths from there, sorted. What is neither file nor directory, or has a
    /// name that can be no key, is left out, and so is what cannot be read.
    ///
    /// - Parameter isSource: whether what is left out is missing at a target, and so has to be told.
    static func files(below directory: String, prefix: String = "", isSource: Bool) throws -> [String] {
        let listing: (names: [String], foreign: [String])
        do {
            listing = try FileSystem.local.listing(of: directory)
        } catch let error as DurableIOError where !prefix.isEmpty {
            Damage.report(error)
            return []
        }
        if isSource {
            for name in listing.foreign {
                leaveOut("\(directory)/\(name)", "has a name that is no UTF-8, as keys are")
            }
        }
        return try listing.names.flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            let status = try FileSystem.local.status(of: path)
            switch status?.kind {
            case .directory: return try files(below: path, prefix: "\(prefix)\(name)/", isSource: isSource)
            case .file: return ["\(prefix)\(name)"]
            case .other:
                if isSource { leaveOut(path, "is \(status?.name ?? "no file")") }
                return []
            case nil: return []
            }
        }
    }

    /// Says that something is left out, and why.
    static func leaveOut(_ path: String, _ why: String) {
        leftOut.add(1, ordering: .relaxed)
        StandardError.writeLine("tapehouse: \(path.printable) \(why), and is left out")
    }
}
