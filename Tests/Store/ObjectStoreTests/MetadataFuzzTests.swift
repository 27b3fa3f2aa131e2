import DurableIO
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct MetadataFuzzTests {
    /// Files of every form that is read.
    private static func corpus() throws -> [[UInt8]] {
        let fixture = try StoreFixture(versioning: .enabled)
        var options = PutOptions()
        options.userMetadata = ["Name": "value"]
        options.tags = ["a": "b"]
        options.checksum = .sha256
        for count in [0, 100, 20_000] { _ = try fixture.put(StoreFixture.content(count), "k", options) }
        _ = try fixture.delete("k")
        let meta = try FileSystem.local.contents(of: fixture.directory.file("bucket/k/xl.meta"))
        let parsed = try XLMeta(reading: meta, path: "")
        return [
            meta, try old(parsed, container: 0), try old(parsed, container: 1), try old(parsed, container: 2),
        ]
    }

    /// The same versions in a container of before 1.3.
    static func old(_ meta: XLMeta, container: UInt8) throws -> [UInt8] {
        var map = MessagePackWriter()
        map.map(count: 1)
        map.string("Versions")
        map.array(count: meta.versions.count)
        for version in meta.versions { map.raw(version.body) }
        var file = MessagePackWriter()
        file.raw("XL2 ".utf8)
        if container == 0 {
            file.raw("1   ".utf8)
            file.raw(map.bytes)
            return file.bytes
        }
        file.raw([1, 0, container, 0])
        file.wideBinary(map.bytes)
        if container == 2 { file.wideUnsigned(UInt32(truncatingIfNeeded: XXH64.hash(map.bytes))) }
        file.raw([1])
        file.map(count: meta.inlineData.count)
        for (id, stream) in meta.inlineData {
            file.string(id)
            file.binary(stream)
        }
        return file.bytes
    }

    @Test func oldContainersAreRead() throws {
        let corpus = try Self.corpus()
        let new = try XLMeta(reading: corpus[0], path: "new")
        for (container, bytes) in corpus.enumerated().dropFirst() {
            let old = try XLMeta(reading: bytes, path: "old")
            #expect(old.versions.map(\.header.id) == new.versions.map(\.header.id))
            #expect(old.versions.map(\.header) == new.versions.map(\.header))
            // 1.0 had no inline data.
            #expect(old.inlineData.map(\.stream) == (container == 1 ? [] : new.inlineData.map(\.stream)))
        }
    }

    /// A drive with old containers is read, and written in the new form with the first change.
    @Test func objectsInOldContainersAreChanged() throws {
        let fixture = try StoreFixture(versioning: .enabled)
        let data = [StoreFixture.content(100), StoreFixture.content(200_000)]
        let infos = try data.map { try fixture.put($0, "k") }
        let path = fixture.directory.file("bucket/k/xl.meta")
        let meta = try XLMeta(reading: try FileSystem.local.contents(of: path), path: path)
        _ = try fixture.directory.write(try Self.old(meta, container: 2), to: "bucket/k/xl.meta")
        for (info, data) in zip(infos, data) { #expect(try fixture.get("k", info.version) == data) }
        _ = try fixture.put([3], "k")
        for (info, data) in zip(infos, data) { #expect(try fixture.get("k", info.version) == data) }
        #expect(try FileSystem.local.contents(of: path)[4..<8].elementsEqual([1, 0, 3, 0]))
        #expect(try fixture.store.verify().findings == [])
    }

    /// Damaged files are read or refused with a reason; nothing crashes, and nothing is reserved that the file does not
    /// hold. As many inputs as `TAPEHOUSE_FUZZ_INPUTS` says, 20,000 without.
    @Test func damagedMetadataIsReadOrRefused() async throws {
        let inputs = environment("TAPEHOUSE_FUZZ_INPUTS").flatMap { Int($0) } ?? 20_000
        try await onOwnThread { try Self.fuzz(inputs) }
    }

    private static func fuzz(_ inputs: Int) throws {
        var random = SeededGenerator(seed: 42)
        var files = try corpus()
        if let golden = RealData.golden {
            for name in [
                "object_versioned_txt", "issue_2288_legacy_xlmeta", "issue_2265_legacy_meta_v2_object",
            ] {
                let path = "\(golden)/minio/rustfs-fixtures/\(name)"
                let file = name.hasPrefix("issue") ? "\(path).bin" : "\(path).xlmeta.bin"
                files.append(try FileSystem.local.contents(of: file))
            }
        }
        var (read, refused) = (0, 0)
        let drive = Drive("/nonexistent", durability: .none, fileSystem: .local)
        for _ in 0..<inputs {
            var bytes = files.randomElement(using: &random) ?? []
            mutate(&bytes, &random)
            if Bool.random(using: &random) { repairChecksum(&bytes) }
            do {
                let meta = try XLMeta(reading: bytes, path: "fuzz")
                for version in meta.versions {
                    let content = try XLContent(reading: version.body, path: "fuzz")
                    _ = ObjectInfo(content, key: "k", isLatest: true)
                    guard case .object(let object) = content else { continue }
                    let info = ObjectInfo(object, key: "k", isLatest: true)
                    let location = ObjectLocation(
                        directory: "/nonexistent", root: "/nonexistent", name: "b/k")
                    // Where the data is inside, it is read; where it should be beside, it is missed.
                    _ = try? ObjectReader(
                        drive, meta, object, info, at: location, range: 0..<object.byteCount
                    ).readAll()
                }
                _ = meta.encoded
                read += 1
            } catch is StoreError {
                refused += 1
            }
        }
        #expect(read > inputs / 100)
        #expect(refused > inputs / 4)
    }

    /// The other formats of the drive, damaged likewise.
    @Test func otherDamagedFilesAreReadOrRefused() throws {
        var random = SeededGenerator(seed: 7)
        let checksum = ObjectChecksum(.sha256, [UInt8](repeating: 3, count: 32))
        let part = UploadedPart(
            number: 3, etag: "abc", byteCount: 5, modifiedNanoseconds: 1_700_000_000_000_000_000,
            checksum: checksum)
        var bucket = BucketMetadata(name: "b", createdNanoseconds: 1)
        bucket.set(
            "ObjectLockConfigXML",
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>3</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
            atNanoseconds: 1)
        let format = DriveFormat.new().text
        var refused = 0
        for round in 0..<20_000 {
            var bytes = [part.encoded, bucket.encoded, checksum.encoded, Array(format.utf8)][round % 4]
            Self.mutate(&bytes, &random)
            do {
                switch round % 4 {
                case 0: _ = try UploadedPart(reading: bytes, path: "fuzz").encoded
                case 1:
                    let metadata = try BucketMetadata(reading: bytes, path: "fuzz")
                    _ = (metadata.encoded, metadata.createdNanoseconds, metadata.policy)
                case 2: _ = ObjectChecksum(decoding: bytes)?.encoded
                default: _ = try DriveFormat(reading: bytes, path: "a/b/c")
                }
            } catch is StoreError {
                refused += 1
            }
        }
        #expect(refused > 2000)
    }

    static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<min(bytes.count, 1500), using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2:
                bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...40, using: &random)))
            case 3:
                bytes.insert(
                    contentsOf: [0xDF, 0xFF, 0xFF, 0xFF, 0xFF].prefix(Int.random(in: 1...5, using: &random)),
                    at: index)
            default: bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &random))
            }
        }
    }

    /// Makes the checksum right again, so that what lies behind it is reached.
    private static func repairChecksum(_ bytes: inout [UInt8]) {
        guard bytes.count > 18, bytes[6] == 3 || bytes[6] == 2, bytes[8] == 0xC6 else { return }
        let count = bytes[9..<13].reduce(0) { $0 << 8 | Int($1) }
        guard count < bytes.count - 18 else { return }
        let checksum = UInt32(truncatingIfNeeded: XXH64.hash(Array(bytes[13..<13 + count])))
        bytes[13 + count] = 0xCE
        for index in 0..<4 {
            bytes[14 + count + index] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32(index)))
        }
    }
}
