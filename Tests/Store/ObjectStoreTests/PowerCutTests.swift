import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

/// What a disk holds after a power cut that comes when everything that was not waited for is lost: bytes of files since
/// their last sync, and names since the last sync of their directory.
private final class SurvivingDisk {
    private final class Node {
        let isDirectory: Bool
        var names: [String: Node] = [:]
        var durableNames: [String: Node] = [:]
        /// How often it was written to, and how often of that is on the disk.
        var writes = 0
        var durableWrites = 0

        init(isDirectory: Bool) {
            self.isDirectory = isDirectory
        }
    }

    private let root: String
    private let top = Node(isDirectory: true)

    init(root: String) {
        self.root = root
    }

    private func node(_ path: String) -> Node? {
        path.dropFirst(root.count).split(separator: "/").reduce(Optional(top)) { $0?.names[String($1)] }
    }

    private func set(_ path: String, _ node: Node?) {
        self.node(FileSystem.parent(of: path))?.names[FileSystem.name(of: path)] = node
    }

    func apply(_ trace: [FaultPlan.Operation]) {
        for operation in trace {
            switch operation {
            case .create(let path): if node(path) == nil { set(path, Node(isDirectory: false)) }
            case .write(let path): node(path)?.writes += 1
            case .sync(let path): node(path).map { $0.durableWrites = $0.writes }
            case .makeDirectory(let path): if node(path) == nil { set(path, Node(isDirectory: true)) }
            case .rename(let source, let destination):
                let moved = node(source)
                set(source, nil)
                set(destination, moved)
            case .remove(let path): set(path, nil)
            case .link(let source, let destination): set(destination, node(source))
            case .syncDirectory(let path): node(path).map { $0.durableNames = $0.names }
            }
        }
    }

    /// The files that are left, with whether all of their bytes are.
    var files: [String: Bool] {
        func below(_ node: Node, _ path: String) -> [(String, Bool)] {
            node.durableNames.flatMap { name, child in
                child.isDirectory
                    ? below(child, "\(path)\(name)/")
                    : [("\(path)\(name)", child.durableWrites == child.writes)]
            }
        }
        return Dictionary(below(top, "")) { $1 }
    }
}

@Suite struct PowerCutTests {
    private let directory: TemporaryDirectory
    private let plan = FaultPlan(operation: .max, fault: .crash)
    private let bucket: BucketName

    init() throws {
        directory = try TemporaryDirectory()
        bucket = try BucketName("bucket")
    }

    private func open(_ durability: Durability = .full) throws -> ObjectStore {
        var options = ObjectStore.Options()
        options.durability = durability
        options.partBytesMin = 1
        let store = try ObjectStore(directory.path, options: options, fileSystem: FileSystem(faults: plan))
        try store.createBucket(bucket)
        return store
    }

    private var surviving: [String: Bool] {
        let disk = SurvivingDisk(root: directory.path)
        disk.apply(plan.trace)
        return disk.files
    }

    /// The files of an object, as they are now on the drive.
    private func files(_ key: String) throws -> [String] {
        let path = "bucket/\(key)"
        let names = try FileSystem.local.list(directory.file(path))
        return try names.flatMap { name -> [String] in
            guard UniqueID(name) != nil else { return name == "xl.meta" ? ["\(path)/\(name)"] : [] }
            return try FileSystem.local.list(directory.file("\(path)/\(name)")).map {
                "\(path)/\(name)/\($0)"
            }
        }
    }

    private func expectWhole(_ key: String, _ place: String) throws {
        let files = try files(key)
        #expect(!files.isEmpty, "\(place)")
        let surviving = surviving
        for file in files { #expect(surviving[file] == true, "\(place): \(file)") }
    }

    /// Nothing that was acknowledged is lost, and nothing that is there lacks its data.
    @Test func whatIsAcknowledgedSurvivesAPowerCut() throws {
        let store = try open()
        let steps: [(key: String, count: Int)] = [
            ("k", 10), ("k", 200_000), ("k", 5), ("a/b/c", 10), ("a/b/d", 1_100_000), ("a/b", 200_000),
            ("a/b", 3),
            ("a/b/c/e/f", 7), ("x", 200_000), ("x", 300_000),
        ]
        for (key, count) in steps {
            try store.put([UInt8](repeating: 1, count: count), bucket: bucket, key: try ObjectKey(key))
            try expectWhole(key, "put \(key) of \(count)")
        }
        try store.setVersioning(.enabled, of: bucket)
        #expect(surviving[".minio.sys/buckets/bucket/.metadata.bin/xl.meta"] == true)
        try store.put([UInt8](repeating: 2, count: 200_000), bucket: bucket, key: try ObjectKey("x"))
        try expectWhole("x", "a version")
        try store.delete(bucket: bucket, key: try ObjectKey("x"))
        try expectWhole("x", "a delete marker")
        let upload = try store.createUpload(bucket: bucket, key: try ObjectKey("m/n"))
        let uploadFiles = { (suffix: String) in
            surviving.filter {
                $0.key.hasPrefix(".minio.sys/multipart/") && $0.key.hasSuffix(suffix) && $0.value
            }.count
        }
        #expect(uploadFiles("xl.meta") == 1)
        for count in [4, 300_000] {
            try store.putPart([UInt8](repeating: 1, count: count), upload, number: 1)
            #expect(uploadFiles("part.1") == 1 && uploadFiles("part.1.meta") == 1)
        }
        try store.completeUpload(upload)
        try expectWhole("m/n", "an upload")
    }

    @Test func whatIsDeletedStaysDeleted() throws {
        let store = try open()
        for (key, count) in [("a/k", 10), ("a/l", 200_000)] {
            try store.put([UInt8](repeating: 1, count: count), bucket: bucket, key: try ObjectKey(key))
            #expect(surviving.keys.contains("bucket/\(key)/xl.meta"))
            try store.delete(bucket: bucket, key: try ObjectKey(key))
            #expect(!surviving.keys.contains("bucket/\(key)/xl.meta"))
        }
    }

    /// A directory that another process made, which died before its name was on the disk.
    @Test func namesThatOthersMadeAreWaitedFor() throws {
        _ = try open()
        // Made behind the plan's back and then told to it: nothing of it was waited for.
        for name in ["bucket/p", "bucket/p/q"] {
            try FileSystem.local.createDirectory(directory.file(name))
            plan.note(.makeDirectory(directory.file(name)))
        }
        let store = try open()
        try store.put([1], bucket: bucket, key: try ObjectKey("p/q/k"))
        try expectWhole("p/q/k", "below a directory of another process")
    }

    /// The weaker levels are weaker, or this test could not fail.
    @Test func weakerDurabilityLosesNames() throws {
        let store = try open(.data)
        try store.put([UInt8](repeating: 1, count: 200_000), bucket: bucket, key: try ObjectKey("k"))
        #expect(surviving["bucket/k/xl.meta"] == nil)
    }
}
