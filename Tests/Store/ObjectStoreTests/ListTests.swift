import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct ListTests {
    private static let alphabet = ["a", "b", "!", "0", "ü", "~", "a/", "b/", "!/", "/"]

    private func randomKey(_ random: inout SeededGenerator) -> String? {
        let parts = (0..<Int.random(in: 1...6, using: &random)).compactMap { _ in
            Self.alphabet.randomElement(using: &random)
        }
        return try? ObjectKey(parts.joined()).description
    }

    /// Keys as S3 would list them.
    private func model(_ keys: Set<String>, _ options: ListOptions) -> (objects: [String], prefixes: [String])
    {
        var prefixes: Set<String> = []
        var objects: [String] = []
        for key in keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where key.hasPrefix(options.prefix) {
            if let start = options.startAfter, !start.utf8.lexicographicallyPrecedes(key.utf8) { continue }
            let rest = key.dropFirst(options.prefix.count)
            if let delimiter = options.delimiter, let end = rest.range(of: delimiter) {
                prefixes.insert(options.prefix + rest[..<end])
            } else {
                objects.append(key)
            }
        }
        return (objects, prefixes.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    private func pages(_ store: ObjectStore, _ bucket: BucketName, _ options: ListOptions) throws -> ListPage
    {
        var all = ListPage()
        var options = options
        repeat {
            let page = try store.list(bucket: bucket, options)
            #expect(page.objects.count + page.commonPrefixes.count <= options.maxKeys)
            #expect(
                page.nextToken == nil || page.objects.count + page.commonPrefixes.count == options.maxKeys)
            all.objects += page.objects
            all.commonPrefixes += page.commonPrefixes
            options.token = page.nextToken
        } while options.token != nil
        return all
    }

    /// Random keys, among them `a` beside `a/b`, keys that end in slashes, and bytes before and behind the slash:
    /// whatever the prefix, the delimiter and the size of a page, the list is that of a sorted dictionary.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func listsAreThoseOfASortedDictionary(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed + 100)
        let fixture = try StoreFixture()
        var keys: Set<String> = []
        for _ in 0..<60 {
            guard let key = randomKey(&random) else { continue }
            _ = try fixture.put([UInt8(keys.count & 0xFF)], key)
            keys.insert(key)
        }
        for _ in 0..<10 {
            guard let key = keys.randomElement(using: &random) else { break }
            _ = try fixture.delete(key)
            keys.remove(key)
        }
        for _ in 0..<120 {
            var options = ListOptions()
            let source = Bool.random(using: &random) ? keys.randomElement(using: &random) : randomKey(&random)
            options.prefix = String((source ?? "").prefix(Int.random(in: 0...4, using: &random)))
            options.delimiter = [nil, "/", "a", "/a"].randomElement(using: &random) ?? nil
            options.maxKeys = Int.random(in: 1...8, using: &random)
            options.startAfter =
                Bool.random(using: &random)
                ? nil : (keys.randomElement(using: &random) ?? "").dropLastRandomly(&random)
            let expected = model(keys, options)
            let found = try pages(fixture.store, fixture.bucket, options)
            #expect(found.objects.map(\.key) == expected.objects, "\(options)")
            // A common prefix that begins before the marker stands for the keys behind it.
            #expect(found.commonPrefixes == expected.prefixes, "\(options)")
        }
    }

    /// A directory with more names than are kept at a time is gone through in several passes.
    @Test func largeDirectoriesAreListedInPasses() throws {
        let fixture = try StoreFixture()
        let keys = (0..<300).map { "k\($0 * 7919 % 1000)/x" }
        for key in Set(keys) { _ = try fixture.put([1], key) }
        var found: [String] = []
        var walk = KeyWalk(
            .local, NameCache(), root: fixture.directory.file("bucket"), prefix: "", after: [], skipping: nil,
            namesMax: 16
        ) { entry, _ in
            if try FileSystem.local.kind(of: "\(entry.directory)/xl.meta") == .file {
                found.append(String(decoding: entry.key, as: UTF8.self))
            }
        }
        try walk.run()
        #expect(found == Set(keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test func damagedObjectsAreLeftOutAndTold() throws {
        let fixture = try StoreFixture()
        for key in ["a", "b", "c"] { _ = try fixture.put([1], key) }
        _ = try fixture.directory.write("XL2 rubbish", to: "bucket/b/xl.meta")
        var damaged: [String] = []
        let page = try fixture.store.list(bucket: fixture.bucket, damaged: { damaged.append($0.message) })
        #expect(page.objects.map(\.key) == ["a", "c"])
        #expect(damaged.count == 1 && damaged[0].contains("bucket/b/xl.meta"))
        #expect(StoreError.code { _ = try fixture.store.list(bucket: fixture.bucket) } != nil)
    }

    @Test func prefixesThatNoKeyHasFindNothing() throws {
        let fixture = try StoreFixture()
        _ = try fixture.put([1], "a/b")
        for prefix in ["..", "../", "a/../", "//", "/", "a//", "./", "\u{0}/", ".minio.sys/", "a/b/c/d/"] {
            #expect(try fixture.keys(prefix).isEmpty, "\(prefix)")
        }
        var options = ListOptions()
        options.token = "nonsense"
        #expect(
            StoreError.code { _ = try fixture.store.list(bucket: fixture.bucket, options) }
                == .invalidArgument)
    }
}

extension String {
    fileprivate func dropLastRandomly(_ random: inout SeededGenerator) -> String {
        String(dropLast(Int.random(in: 0...2, using: &random)))
    }
}

extension Substring {
    /// The end of the first occurrence of a text.
    fileprivate func range(of text: String) -> Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
