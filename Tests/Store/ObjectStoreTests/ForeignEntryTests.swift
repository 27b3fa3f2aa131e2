import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What others have put in the place of the store's own files and directories, or beside them.
@Suite struct ForeignEntryTests {
    /// A store with something of everything, as a process that died left it.
    private func lived() throws -> (StoreFixture, MultipartUpload) {
        let fixture = try StoreFixture()
        for (key, count) in [("a/b/key", 200_000), ("a/b/small", 10), ("a/b/bad", 200_000)] {
            _ = try fixture.put(StoreFixture.content(count), key)
        }
        _ = try fixture.directory.write("rubbish", to: "bucket/a/b/bad/xl.meta")
        let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey("a/b/up"))
        try fixture.store.putPart(StoreFixture.content(5000), upload, number: 1)
        for key in ["a/b/key", "a/b/small"] {
            let staged = fixture.directory.file(".minio.sys/tmp/\(UniqueID.random())")
            try FileSystem.local.createDirectory(staged)
            try FileSystem.local.createSymbolicLink("\(staged)/object", to: "../../../bucket/\(key)")
            try FileSystem.local.createDirectory(fixture.directory.file("bucket/\(key)/\(UniqueID.random())"))
        }
        try FileSystem.local.createDirectory(fixture.directory.file(".minio.sys/quarantine/old"))
        return (fixture, upload)
    }

    /// All names and bytes below a directory.
    private func content(_ path: String) throws -> [String] {
        try FileSystem.local.list(path).flatMap { name -> [String] in
            let child = "\(path)/\(name)"
            switch try FileSystem.local.status(of: child)?.kind {
            case .directory: return [child] + (try content(child))
            case .file:
                let digest = try FileSystem.local.contents(of: child).withUnsafeBytes { MD5.digest($0) }
                return ["\(child) \(digest.hexadecimal)"]
            default: return ["\(child) -> \(try FileSystem.local.symbolicLinkTarget(child) ?? "")"]
            }
        }
    }

    private func actions(_ fixture: StoreFixture, _ upload: MultipartUpload) -> [(String, () throws -> Void)]
    {
        let bucket = fixture.bucket
        var repairs = VerifyReport.Options()
        repairs.repairs = true
        return [
            ("reopen", { try fixture.reopen() }),
            ("put", { _ = try fixture.put(StoreFixture.content(300_000), "a/b/key") }),
            ("put small", { _ = try fixture.put([1], "a/b/small") }),
            ("put over damage", { _ = try fixture.put([1], "a/b/bad") }),
            ("put new", { _ = try fixture.put([1], "a/new/key") }),
            ("tag", { try fixture.store.setTags(["a": "b"], bucket: bucket, key: try ObjectKey("a/b/key")) }),
            ("part", { try fixture.store.putPart([1, 2], upload, number: 2) }),
            ("upload", { _ = try fixture.store.createUpload(bucket: bucket, key: try ObjectKey("a/b/up")) }),
            ("verify", { _ = try fixture.store.verify() }),
            ("repair", { _ = try fixture.store.verify(repairs) }),
            ("complete", { _ = try fixture.store.completeUpload(upload) }),
            ("abort", { try fixture.store.abortUpload(upload) }),
            ("stale", { try fixture.store.removeStaleUploads() }),
            ("make", { try fixture.store.createBucket(bucket) }),
            ("versions", { try fixture.store.setVersioning(.enabled, of: bucket) }),
            ("delete", { _ = try fixture.delete("a/b/small") }),
            ("delete large", { _ = try fixture.delete("a/b/key") }),
            ("remove", { try fixture.store.deleteBucket(bucket) }),
            ("remove all", { try fixture.store.deleteBucket(bucket, withObjects: true) }),
            ("reopen again", { try fixture.reopen() }),
        ]
    }

    /// Whichever directory is a link to one outside of the drive: nothing there is changed by anything.
    @Test(arguments: [
        "bucket", "bucket/a", "bucket/a/b", "bucket/a/b/key", "bucket/a/b/bad", ".minio.sys",
        ".minio.sys/tmp",
        ".minio.sys/multipart", ".minio.sys/buckets", ".minio.sys/config", ".minio.sys/quarantine",
        ".minio.sys/buckets/bucket", ".minio.sys/buckets/bucket/.metadata.bin", "uploads", "upload", "parts",
    ])
    func nothingChangesBehindALink(level: String) throws {
        let (fixture, upload) = try lived()
        let drive = fixture.directory.path
        let own = fixture.store.directory(of: upload)
        let parts = try #require(try FileSystem.local.list(own).first { UniqueID($0) != nil })
        let path =
            ["uploads": FileSystem.parent(of: own), "upload": own, "parts": "\(own)/\(parts)"][level]
            ?? "\(drive)/\(level)"
        let outside = try TemporaryDirectory()
        try FileSystem.local.rename(path, to: outside.file("decoy"))
        try FileSystem.local.createSymbolicLink(path, to: outside.file("decoy"))
        let before = try content(outside.path)
        if level.hasPrefix("bucket"), !level.hasSuffix("bad") {
            #expect(StoreError.code { _ = try fixture.get("a/b/key") } == .unsupportedFormat)
        }
        var all = actions(fixture, upload)
        // The drive's own directories are looked at when it is opened.
        let isOwn = level.hasPrefix(".minio.sys") && !level.hasPrefix(".minio.sys/buckets/")
        if isOwn {
            #expect(StoreError.code { try fixture.reopen() } == .unsupportedFormat)
            all = []
        }
        for (name, act) in all {
            try? act()
            #expect(try content(outside.path) == before, "\(level): \(name)")
        }
        #expect(try content(outside.path) == before)
    }

    private static let kinds: [(String, UInt32)] = [
        ("pipe", UInt32(S_IFIFO)), ("socket", UInt32(S_IFSOCK)), ("device", UInt32(S_IFCHR)),
        ("directory", 0), ("link", 1),
        ("large", 2), ("large and plausible", 3),
    ]

    /// Puts something at a path that is no file of the store's; `false` where the system does not let it.
    private func place(_ kind: UInt32, at path: String, decoy: String) throws -> Bool {
        let content = try FileSystem.local.contents(of: path)
        try FileSystem.local.removeFile(path)
        switch kind {
        case 0: try FileSystem.local.createDirectory("\(path)/x")
        case 1: try FileSystem.local.createSymbolicLink(path, to: decoy)
        case 2, 3:
            let file = try FileSystem.local.open(path, .replace)
            if kind == 3 { try file.write(content, at: 0) }
            try file.truncate(to: 10 << 30)
        // The device is /dev/null's.
        default: return mknod(path, mode_t(kind) | 0o600, kind == UInt32(S_IFCHR) ? dev_t(0x103) : 0) == 0
        }
        return true
    }

    /// In the place of any file that is read: nobody waits, nothing is read without end, and others go on.
    @Test(
        arguments: kinds.map(\.0),
        [
            "bucket/a/b/small/xl.meta", "part", ".minio.sys/buckets/bucket/.metadata.bin/xl.meta",
            ".minio.sys/format.json",
            ".minio.sys/.lock", "upload", "upload part",
        ])
    func nobodyWaitsForWhatIsNoFile(kind: String, place: String) throws {
        let (fixture, upload) = try lived()
        _ = try fixture.put([7], "sound")
        let own = fixture.store.directory(of: upload)
        let parts = try #require(try FileSystem.local.list(own).first { UniqueID($0) != nil })
        let data = try fixture.store.drive.metadata(in: fixture.directory.file("bucket/a/b/key"))?
            .dataDirectories(path: "").first
        let path =
            [
                "part": fixture.directory.file("bucket/a/b/key/\(try #require(data))/part.1"),
                "upload": "\(own)/xl.meta", "upload part": "\(own)/\(parts)/part.1.meta",
            ][place] ?? fixture.directory.file(place)
        let decoy = try fixture.directory.write("decoy", to: "../decoy-\(UniqueID.random())")
        defer { try? FileSystem.local.removeFile(decoy) }
        let mode = try #require(Self.kinds.first { $0.0 == kind }?.1)
        guard try self.place(mode, at: path, decoy: decoy) else { return }
        let isWhole = kind == "large and plausible" || place == ".minio.sys/.lock"
        if place.hasSuffix("small/xl.meta") {
            #expect(StoreError.code { _ = try fixture.get("a/b/small") } != nil)
        }
        var damaged = 0
        let listed = try fixture.store.list(bucket: fixture.bucket, damaged: { _ in damaged += 1 }).objects
        #expect(listed.map(\.key).contains("sound"))
        if !isWhole, !place.hasSuffix(".lock"), !place.hasSuffix("format.json") {
            let report = try fixture.store.verify()
            #expect(
                report.findings.count { ($0.severity == .damage || $0.severity == .unsupported) } >= 2,
                "\(report.findings.map(\.message))")
        }
        for (_, act) in actions(fixture, upload) { try? act() }
        #expect(try FileSystem.local.contents(of: decoy) == Array("decoy".utf8))
    }

    /// Makes what no `String` can name.
    private func shell(_ script: String, in directory: String) throws {
        #expect(
            try Subprocess(["/bin/sh", "-e", "-c", "cd \"$0\"; \(script)", directory]).wait().status == 0)
    }

    private static let oddNames = #"""
        odd="$(printf 'caf\351')"; mkdir "$odd"; mkdir "$odd/b"; echo x > "$odd/b/$(printf '\377')"
        """#

    @Test func namesThatAreNoUTF8StandInNobodysWay() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put(StoreFixture.content(200_000), "k/below")
        for place in ["", "bucket", "bucket/k", "bucket/k/below", ".minio.sys/tmp", ".minio.sys/multipart"] {
            try shell(Self.oddNames, in: fixture.directory.file(place))
        }
        // Beside a file whose name is the text that the odd one would be changed to.
        _ = try fixture.put([1], "caf\u{FFFD}/b")
        try fixture.reopen()
        #expect(try fixture.keys() == ["caf\u{FFFD}/b", "k/below"])
        let report = try fixture.store.verify()
        #expect(report.findings.allSatisfy { $0.severity == .foreign }, "\(report.findings.map(\.message))")
        for place in ["", "bucket/", "bucket/k/", "bucket/k/below/", ".minio.sys/multipart/"] {
            #expect(
                report.findings.contains { $0.path == fixture.directory.file("\(place)caf\\xE9") }, "\(place)"
            )
        }
        var repairs = VerifyReport.Options()
        repairs.repairs = true
        _ = try fixture.store.verify(repairs)
        _ = try fixture.delete("k/below")
        _ = try fixture.delete("caf\u{FFFD}/b")
        #expect(StoreError.code { try fixture.store.deleteBucket(fixture.bucket) } == .bucketNotEmpty)
        try fixture.store.deleteBucket(fixture.bucket, withObjects: true)
        #expect(try fixture.store.buckets() == [])
        #expect(try FileSystem.local.status(of: fixture.directory.file("bucket")) == nil)
        try fixture.reopen()
        try fixture.store.createBucket(fixture.bucket)
        _ = try fixture.put([1], "k")
        #expect(try fixture.get("k") == [1])
        #expect(try FileSystem.local.list(fixture.directory.file(".minio.sys/tmp")) == [])
    }

    /// A data directory with something odd in it is none.
    @Test func oddNamesInDataDirectoriesAreKept() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1], "k")
        let id = UniqueID.random()
        try FileSystem.local.createDirectory(fixture.directory.file("bucket/k/\(id)"))
        try shell(Self.oddNames, in: fixture.directory.file("bucket/k/\(id)"))
        #expect(try fixture.store.drive.orphans(in: fixture.directory.file("bucket/k")) == [])
        _ = try fixture.delete("k")
        #expect(
            try FileSystem.local.listing(of: fixture.directory.file("bucket/k/\(id)")).foreign == ["caf\\xE9"]
        )
    }

    /// A file and a directory that the disk does not give up, in the middle of a drive.
    @Test(arguments: ["bucket/b/k/xl.meta", "bucket/b", "bucket/b/k", "part.1"], [EIO, EACCES])
    func whatCannotBeReadIsTold(place: String, number: Int32) throws {
        let fixture = try StoreFixture()
        for key in ["a/k", "b/k", "c/k"] { _ = try fixture.put([1], key) }
        _ = try fixture.put(StoreFixture.content(200_000), "b/large")
        try fixture.reopen(FileSystem(faults: FaultPlan(unreadable: place, errno: number)))
        var repairs = VerifyReport.Options()
        repairs.repairs = true
        for options in [VerifyReport.Options(), repairs] {
            let report = try fixture.store.verify(options)
            #expect(report.findings.map(\.severity) == [.unreadable], "\(report.findings.map(\.message))")
            #expect(report.findings.allSatisfy { $0.repair == nil })
            #expect(report.objects >= 2)
        }
        // Lists look neither at parts nor below what has no directories.
        guard place != "part.1", place != "bucket/b/k" else { return }
        var codes: [StoreError.Code] = []
        let listed = try fixture.store.list(bucket: fixture.bucket, damaged: { codes.append($0.code) })
        #expect(listed.objects.map(\.key).filter { !$0.hasPrefix("b/") } == ["a/k", "c/k"])
        #expect(Set(codes) == [.unreadable])
        #expect(StoreError.code { _ = try fixture.keys() } == .unreadable)
        try fixture.reopen()
        #expect(try fixture.store.verify().findings == [])
    }

    /// On a full disk, what is removed is removed, and makes room.
    @Test func aFullDiskCanBeFreed() throws {
        let fixture = try StoreFixture(durability: .full)
        for key in ["a/small", "a/large", "b/large"] {
            _ = try fixture.put(StoreFixture.content(key.hasSuffix("small") ? 10 : 200_000), key)
        }
        try fixture.reopen(FileSystem(faults: FaultPlan(operation: 0, fault: .full)))
        #expect(throws: DurableIOError.self) { try fixture.put([1], "c") }
        _ = try fixture.delete("a/small")
        _ = try fixture.delete("a/large")
        #expect(
            try fixture.files().filter { $0.hasPrefix("bucket/a") || $0.hasPrefix(".minio.sys/tmp/") } == [])
        #expect(try fixture.store.verify().findings == [])
        try fixture.store.deleteBucket(fixture.bucket, withObjects: true)
        #expect(
            try fixture.files().filter { $0.hasPrefix("bucket") || $0.hasPrefix(".minio.sys/tmp/") } == [])
        #expect(try fixture.files().filter { $0.hasPrefix(".minio.sys/buckets/") } == [])
    }
}
