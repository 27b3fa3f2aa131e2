import DurableIO
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct FileSystemTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func errorsNameThePathAndTheReason() throws {
        let missing = directory.file("nothing")
        let error = #expect(throws: DurableIOError.self) { try FileSystem.local.open(missing, .read) }
        #expect(error?.code == .notFound)
        #expect(error?.description == "cannot open \(missing): No such file or directory")
        let file = try directory.write("x", to: "file")
        let notDirectory = #expect(throws: DurableIOError.self) {
            try FileSystem.local.createDirectory("\(file)/below")
        }
        #expect(notDirectory?.code == .notDirectory)
    }

    @Test func namesComeSorted() throws {
        for name in ["b", "a", "Z", "é", "10", "9"] { _ = try directory.write("", to: name) }
        #expect(try FileSystem.local.list(directory.path) == ["10", "9", "Z", "a", "b", "é"])
    }

    /// Whatever step of a replacement the process dies in, the file has its old or its new content.
    @Test func aReplacementIsWholeOrNotAtAll() throws {
        let path = directory.file("config")
        let counter = FaultPlan(operation: .max, fault: .crash)
        try FileSystem(faults: counter).replaceContents(of: path, with: Array("old content".utf8))
        #expect(counter.operationsPerformed >= 4)
        for step in 0..<counter.operationsPerformed {
            try FileSystem.local.replaceContents(of: path, with: Array("old content".utf8))
            let faulty = FileSystem(faults: FaultPlan(operation: step, fault: .crash))
            #expect(throws: DurableIOError.self) {
                try faulty.replaceContents(of: path, with: Array("new".utf8))
            }
            let content = String(decoding: try FileSystem.local.contents(of: path), as: UTF8.self)
            #expect(content == "old content" || content == "new", "after step \(step): \(content)")
        }
    }

    @Test func aReplacementThatFailsLeavesNothing() throws {
        for step in 0..<4 {
            let faulty = FileSystem(faults: FaultPlan(operation: step, fault: .fail(errno: 28)))
            #expect(throws: DurableIOError.self) {
                try faulty.replaceContents(of: directory.file("unload.csv"), with: Array("1,2".utf8))
            }
            #expect(try FileSystem.local.list(directory.path).isEmpty, "step \(step)")
        }
    }

    @Test("A replacement does not take the place of a pipe, or of what a link to one leads to")
    func specialFilesAreNotReplaced() throws {
        let pipe = directory.file("pipe")
        let link = directory.file("link")
        #expect(mkfifo(pipe, 0o600) == 0 && symlink(pipe, link) == 0)
        for path in [pipe, link] {
            let error = #expect(throws: DurableIOError.self) {
                try FileSystem.local.replaceContents(of: path, with: [1])
            }
            #expect(error?.message.contains("a pipe, a device or a socket stands there") == true)
            #expect(try FileSystem.local.kind(of: path) == .other)
        }
        #expect(try FileSystem.local.list(directory.path).count == 2)
    }

    @Test func aTornWriteLeavesItsFirstHalf() throws {
        let plan = FaultPlan(operation: 1, fault: .crash)
        let file = try FileSystem(faults: plan).open(directory.file("torn"), .replace)
        #expect(throws: DurableIOError.self) { try file.write(Array("12345678".utf8), at: 0) }
        #expect(throws: DurableIOError.self, "the dead write no more") {
            try file.write(Array("9".utf8), at: 0)
        }
        #expect(try FileSystem.local.contents(of: directory.file("torn")) == Array("1234".utf8))
    }

    @Test func aFullDiskIsItsOwnKindOfError() throws {
        let plan = FaultPlan(operation: 1, fault: .fail(errno: 28))
        let file = try FileSystem(faults: plan).open(directory.file("full"), .replace)
        let error = #expect(throws: DurableIOError.self) { try file.write([1, 2, 3], at: 0) }
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("free some space") == true)
        try file.write([1, 2, 3], at: 0)
        #expect(try file.size() == 3)
    }

    @Test func aLockHasOneHolderAndNamesIt() throws {
        let path = directory.file(".lock")
        do {
            let first = try DirectoryLock(path, purpose: "the first")
            withExtendedLifetime(first) {
                let error = #expect(throws: DurableIOError.self) {
                    try DirectoryLock(path, purpose: "the second")
                }
                #expect(error?.code == .locked)
                #expect(error?.message.contains("(the first)") == true)
                #expect(error?.message.contains(directory.path) == true)
            }
        }
        _ = try DirectoryLock(path, purpose: "after the first let go")
    }

    @Test func removingATreeDoesNotFollowLinks() throws {
        try FileSystem.local.createDirectory(directory.file("tree"))
        try FileSystem.local.createDirectory(directory.file("other"))
        let kept = try directory.write("kept", to: "other/file")
        #expect(symlink(directory.file("other"), directory.file("tree/link")) == 0)
        #expect(try FileSystem.local.bytesBelow(directory.file("tree")) == 0)
        try FileSystem.local.removeTree(directory.file("tree"))
        #expect(try FileSystem.local.contents(of: kept) == Array("kept".utf8))
    }

    /// What lies below a root is read without following links there, and without waiting; how the root itself is
    /// reached is the user's business.
    @Test func guardedReadingStaysBelowItsRoot() throws {
        let local = FileSystem.local
        try local.createDirectory(directory.file("tree/real"))
        _ = try directory.write("content", to: "tree/real/file")
        try local.createSymbolicLink(directory.file("tree/link"), to: "real")
        try local.createSymbolicLink(directory.file("tree/real/alias"), to: "file")
        try local.createSymbolicLink(directory.file("way"), to: "tree")
        #expect(mkfifo(directory.file("tree/real/pipe"), 0o600) == 0)
        for root in ["tree", "way"] {
            let root = directory.file(root)
            let code = { (path: String) -> DurableIOError.Code? in
                do {
                    _ = try local.openFile("\(root)/\(path)", below: root)
                    return nil
                } catch {
                    return (error as? DurableIOError)?.code
                }
            }
            #expect(try local.contents(of: "\(root)/real/file", below: root, max: 7) == Array("content".utf8))
            #expect(throws: DurableIOError.self) {
                try local.contents(of: "\(root)/real/file", below: root, max: 6)
            }
            #expect(code("link/file") == .wrongKind)
            #expect(code("real/alias") == .wrongKind)
            #expect(code("real/pipe") == .wrongKind)
            #expect(code("real") == .isDirectory)
            #expect(code("none") == .notFound)
            #expect(throws: DurableIOError.self) {
                try local.requireNoLinks(to: "\(root)/link/x", below: root)
            }
            try local.requireNoLinks(to: "\(root)/real/new/x", below: root)
        }
        #expect(throws: DurableIOError.self) { try local.removeTree(directory.file("tree/link")) }
        #expect(try local.list(directory.file("tree/real")) == ["alias", "file", "pipe"])
    }

    @Test func namesThatAreNoUTF8AreToldApartAndRemoved() throws {
        let tree = directory.file("tree")
        try FileSystem.local.createDirectory(tree)
        for name in [[0x61, 0xFF], [0xC3, 0xA9], [0xE2, 0x82], [0xED, 0xA0, 0x80]] as [[UInt8]] {
            #expect(mkdir((Array(tree.utf8) + [0x2F] + name + [0]).map { CChar(bitPattern: $0) }, 0o755) == 0)
        }
        let (names, foreign) = try FileSystem.local.listing(of: tree)
        #expect(names == ["é"])
        #expect(foreign == [#"\xE2\x82"#, #"\xED\xA0\x80"#, #"a\xFF"#])
        #expect(try FileSystem.local.list(tree) == names)
        try FileSystem.local.removeTree(tree)
        #expect(try FileSystem.local.kind(of: tree) == nil)
    }
}
