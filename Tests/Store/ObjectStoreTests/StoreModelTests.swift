import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

/// What a store should hold: for each key its versions, the newest first.
private struct Model {
    struct Version: Equatable {
        var id: VersionID
        var data: [UInt8]?
        var tags: [String: String] = [:]
    }

    var objects: [String: [Version]] = [:]
    var versioning = BucketVersioning.unversioned
    var uploads: [String: (upload: MultipartUpload, parts: [Int: [UInt8]])] = [:]

    mutating func add(_ version: Version, to key: String) {
        objects[key, default: []].removeAll { $0.id == version.id }
        objects[key, default: []].insert(version, at: 0)
    }

    mutating func remove(_ id: VersionID, from key: String) {
        objects[key]?.removeAll { $0.id == id }
        if objects[key]?.isEmpty == true { objects[key] = nil }
    }

    /// Prefixes and folders without versions; or a lock on every version.
    var excludedPrefix: String?
    var excludesFolders = false
    var isLocked = false

    func versioning(of key: String) -> BucketVersioning {
        guard versioning == .enabled else { return versioning }
        let isExcluded = excludedPrefix.map(key.hasPrefix) ?? false || excludesFolders && key.hasSuffix("/")
        return isExcluded ? .suspended : .enabled
    }

    func latest(_ key: String) -> [UInt8]? { objects[key]?.first?.data }
}

@Suite struct StoreModelTests {
    private static let keys = ["a", "a/b", "a/b/c", "a!", "dir/", "dir/x", "b/1", "b/2", "ü"]
    private static let sizes = [0, 1, 300, 16_384, 16_385, 131_072, 131_073, 1_100_000]

    /// Random operations beside a dictionary, with the store opened anew in between: every answer is the dictionary's.
    @Test(arguments: 0..<24 as Range<UInt64>)
    func theStoreIsADictionary(seed: UInt64) async throws {
        try await onOwnThread { try Self.check(seed) }
    }

    private static func check(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try StoreFixture()
        var model = Model()
        try configure(fixture, &model, seed)
        for step in 0..<120 {
            let key = keys.randomElement(using: &random) ?? "a"
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<6: try put(key, &model, fixture, &random)
            case 6..<9: try delete(key, &model, fixture)
            case 9: try deleteVersion(key, &model, fixture, &random)
            case 10: try copy(key, &model, fixture, &random)
            case 11: try tag(key, &model, fixture, step)
            case 12..<15: try upload(key, &model, fixture, &random)
            case 15:
                try setVersioning(Bool.random(using: &random) ? .enabled : .suspended, &model, fixture)
            case 16: try fixture.reopen()
            case 17: try conditionalPut(key, &model, fixture)
            default: try read(key, model, fixture, &random)
            }
            if step % 20 == 19 { try compare(model, fixture, "seed \(seed) step \(step)") }
        }
        #expect(try fixture.store.verify().findings.map(\.message) == [])
        #expect(try FileSystem.local.list(fixture.directory.file(".minio.sys/tmp")) == [])
    }

    /// A third of the stores as they are made, a third with keys without versions, a third with locks.
    private static func configure(_ fixture: StoreFixture, _ model: inout Model, _ seed: UInt64) throws {
        switch seed % 3 {
        case 1:
            try fixture.configure(
                "VersioningConfigXML",
                "<VersioningConfiguration><Status>Enabled</Status><ExcludedPrefixes><Prefix>b/</Prefix></ExcludedPrefixes><ExcludeFolders>true</ExcludeFolders></VersioningConfiguration>"
            )
            (model.versioning, model.excludedPrefix, model.excludesFolders) = (.enabled, "b/", true)
        case 2:
            try fixture.lock("GOVERNANCE", days: 1)
            (model.versioning, model.isLocked) = (.enabled, true)
        default: break
        }
    }

    private static func setVersioning(
        _ versioning: BucketVersioning, _ model: inout Model, _ fixture: StoreFixture
    ) throws {
        let set = { try fixture.store.setVersioning(versioning, of: fixture.bucket) }
        if model.isLocked, versioning == .suspended {
            return #expect(StoreError.code { try set() } == .invalidBucketState)
        }
        try set()
        model.versioning = versioning
        if versioning == .suspended { model.excludedPrefix = nil }
    }

    private static func data(_ random: inout SeededGenerator) -> [UInt8] {
        StoreFixture.content(
            sizes.randomElement(using: &random) ?? 0, seed: UInt64.random(in: 1...1000, using: &random))
    }

    private static func put(
        _ key: String, _ model: inout Model, _ fixture: StoreFixture, _ random: inout SeededGenerator
    ) throws {
        let data = data(&random)
        let info = try fixture.put(data, key)
        #expect((info.version == .null) == (model.versioning(of: key) != .enabled))
        model.add(.init(id: info.version, data: data), to: key)
    }

    private static func delete(_ key: String, _ model: inout Model, _ fixture: StoreFixture) throws {
        let result = try fixture.delete(key)
        if model.versioning == .unversioned {
            model.remove(.null, from: key)
        } else {
            let version = try #require(result.version)
            model.add(.init(id: version, data: nil), to: key)
        }
    }

    private static func deleteVersion(
        _ key: String, _ model: inout Model, _ fixture: StoreFixture, _ random: inout SeededGenerator
    ) throws {
        guard let version = model.objects[key]?.randomElement(using: &random) else { return }
        if model.isLocked, version.data != nil {
            #expect(StoreError.code { _ = try fixture.delete(key, version.id) } == .objectLocked)
            try fixture.store.delete(
                bucket: fixture.bucket, key: try ObjectKey(key), version: version.id, bypassesGovernance: true
            )
        } else {
            #expect(try fixture.delete(key, version.id).isDeleteMarker == (version.data == nil))
        }
        model.remove(version.id, from: key)
    }

    private static func copy(
        _ key: String, _ model: inout Model, _ fixture: StoreFixture, _ random: inout SeededGenerator
    ) throws {
        let target = keys.randomElement(using: &random) ?? "a"
        let copy = {
            try fixture.store.copy(
                from: fixture.bucket, try ObjectKey(key), to: fixture.bucket, try ObjectKey(target))
        }
        guard let source = model.objects[key]?.first, let data = source.data else {
            return #expect(StoreError.code { _ = try copy() } == .noSuchKey)
        }
        let info = try copy()
        model.add(.init(id: info.version, data: data, tags: source.tags), to: target)
    }

    private static func tag(_ key: String, _ model: inout Model, _ fixture: StoreFixture, _ step: Int) throws
    {
        guard model.latest(key) != nil else { return }
        let tags = step % 3 == 0 ? [:] : ["step": "\(step)", "a b/ü": "=&%"]
        try fixture.store.setTags(tags, bucket: fixture.bucket, key: try ObjectKey(key))
        model.objects[key]?[0].tags = tags
    }

    private static func conditionalPut(_ key: String, _ model: inout Model, _ fixture: StoreFixture) throws {
        var options = PutOptions()
        options.preconditions = .createOnly
        guard model.latest(key) == nil else {
            return #expect(StoreError.code { _ = try fixture.put([1], key, options) } == .preconditionFailed)
        }
        let info = try fixture.put([1], key, options)
        model.add(.init(id: info.version, data: [1]), to: key)
    }

    private static func upload(
        _ key: String, _ model: inout Model, _ fixture: StoreFixture, _ random: inout SeededGenerator
    ) throws {
        guard let (upload, known) = model.uploads[key] else {
            let upload = try fixture.store.createUpload(bucket: fixture.bucket, key: try ObjectKey(key))
            model.uploads[key] = (upload, [:])
            return
        }
        var parts = known
        if Int.random(in: 0..<3, using: &random) > 0 {
            let number = Int.random(in: 1...4, using: &random)
            let part = data(&random)
            try fixture.store.putPart(part, upload, number: number)
            parts[number] = part
            model.uploads[key] = (upload, parts)
        } else if parts.isEmpty {
            try fixture.store.abortUpload(upload)
            model.uploads[key] = nil
        } else {
            let info = try fixture.store.completeUpload(upload)
            let whole = Array(parts.sorted { $0.key < $1.key }.map(\.value).joined())
            model.add(.init(id: info.version, data: whole), to: key)
            model.uploads[key] = nil
        }
    }

    private static func read(
        _ key: String, _ model: Model, _ fixture: StoreFixture, _ random: inout SeededGenerator
    ) throws {
        guard let data = model.latest(key) else {
            return #expect(StoreError.code { _ = try fixture.get(key) } == .noSuchKey)
        }
        #expect(try fixture.get(key) == data)
        guard !data.isEmpty else { return }
        let first = Int.random(in: 0..<data.count, using: &random)
        let last = Int.random(in: first..<data.count + 5, using: &random)
        #expect(
            try fixture.get(key, nil, .closed(first, last)) == Array(data[first...min(last, data.count - 1)]))
        #expect(try fixture.get(key, nil, .last(last + 1)) == Array(data.suffix(last + 1)))
        #expect(try fixture.get(key, nil, .from(first)) == Array(data[first...]))
        #expect(StoreError.code { _ = try fixture.get(key, nil, .from(data.count)) } == .invalidRange)
    }

    private static func compare(_ model: Model, _ fixture: StoreFixture, _ place: Comment) throws {
        let sorted = model.objects.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let expected = sorted.flatMap { key, versions in
            versions.enumerated().map {
                "\(key) \($1.id) \($1.data?.count ?? -1) \($0 == 0) \($1.tags.sorted { $0.key < $1.key })"
            }
        }
        let listed = try fixture.store.list(bucket: fixture.bucket, versions: .all).objects
        #expect(
            listed.map {
                "\($0.key) \($0.version) \($0.isDeleteMarker ? -1 : $0.byteCount) \($0.isLatest) \($0.tags.sorted { $0.key < $1.key })"
            }
                == expected, place)
        #expect(try fixture.keys() == sorted.filter { $0.value.first?.data != nil }.map(\.key), place)
        for (key, versions) in sorted {
            for version in versions {
                guard let data = version.data else { continue }
                #expect(try fixture.get(key, version.id) == data, place)
            }
        }
        let uploads = try fixture.store.uploads(in: fixture.bucket)
        #expect(
            uploads.map(\.id)
                == model.uploads.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(
                    \.value.upload.id),
            place)
        for upload in uploads {
            let parts = model.uploads[upload.key.description]?.parts ?? [:]
            #expect(
                try fixture.store.parts(of: upload).map { [$0.number, $0.byteCount] }
                    == parts.sorted { $0.key < $1.key }.map { [$0.key, $0.value.count] }, place)
        }
    }
}
