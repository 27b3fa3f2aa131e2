import DurableIO

/// What xl.meta says of one version of an object: the map `V2Obj`, its keys in MinIO's order.
struct XLObject {
    var id: UniqueID
    var dataDirectory: UniqueID
    var dataShards = 1
    var parityShards = 0
    var blockBytes = BitrotStream.blockBytes
    var shardIndex = 1
    var distribution = [1]
    var partNumbers = [1]
    /// `nil` where the file has null.
    var partETags: [String]?
    var partBytes: [Int]
    /// Sizes before compression; `nil` where the file has null.
    var partActualBytes: [Int]?
    /// Checksums within parts, only there in compressed objects.
    var partIndexes: [[UInt8]]?
    var byteCount: Int
    var modifiedNanoseconds: Int64
    /// MinIO's own entries, in the file's order; `nil` where the file has null.
    var systemMetadata: [(key: String, value: [UInt8])]?
    /// The etag, the content type and the user's entries, in the file's order; `nil` where the file has null.
    var userMetadata: [(key: String, value: String)]?

    static let inlineDataKey = "x-minio-internal-inline-data"

    var isInline: Bool { systemMetadata?.contains { $0.key.lowercased() == Self.inlineDataKey } ?? false }

    /// Whether its data has gone to another tier, and is here, if at all, as a copy that is taken away again.
    var isTransitioned: Bool {
        systemMetadata?.contains {
            $0.key.lowercased() == "x-minio-internal-transition-status"
                && $0.value.elementsEqual("complete".utf8)
        } ?? false
    }

    /// Whether its data is here: of what has gone to another tier, where it has been restored.
    var usesDataDirectory: Bool {
        guard isTransitioned else { return true }
        let restored = userMetadata?.first { $0.key.lowercased() == "x-amz-restore" }?.value
        return restored?.contains("ongoing-request=\"false\"") ?? false
    }

    func userValue(_ key: String) -> String? { userMetadata?.first { $0.key == key }?.value }

    /// Four bytes, little-endian, by which drives of a set compare versions: a hash of everything that does not differ
    /// between them.
    var signature: UInt32 {
        var plain = self
        plain.shardIndex = 0
        plain.systemMetadata = nil
        plain.userMetadata = nil
        if plain.partETags?.isEmpty == true { plain.partETags = nil }
        if plain.partActualBytes?.isEmpty == true { plain.partActualBytes = nil }
        var writer = MessagePackWriter()
        plain.encode(into: &writer)
        let user = MetadataHash.hash(
            (userMetadata ?? []).map { ($0.key, Array($0.value.utf8)) }, seed: 0xc2b4_0bba_c11a_7295)
        let system = MetadataHash.hash(systemMetadata ?? [], seed: MetadataHash.systemSeed)
        return MetadataHash.fold(user ^ system ^ XXH64.hash(writer.bytes))
    }

    func encode(into writer: inout MessagePackWriter) {
        writer.map(count: partIndexes == nil ? 17 : 18)
        writer.string("ID")
        writer.binary(id.bytes)
        writer.string("DDir")
        writer.binary(dataDirectory.bytes)
        writer.string("EcAlgo")
        writer.unsigned(1)
        writer.string("EcM")
        writer.signed(Int64(dataShards))
        writer.string("EcN")
        writer.signed(Int64(parityShards))
        writer.string("EcBSize")
        writer.signed(Int64(blockBytes))
        writer.string("EcIndex")
        writer.signed(Int64(shardIndex))
        writer.string("EcDist")
        writer.array(count: distribution.count)
        for shard in distribution { writer.unsigned(UInt64(shard)) }
        writer.string("CSumAlgo")
        writer.unsigned(1)
        writer.string("PartNums")
        Self.encode(partNumbers, into: &writer)
        writer.string("PartETags")
        if let partETags {
            writer.array(count: partETags.count)
            for etag in partETags { writer.string(etag) }
        } else {
            writer.null()
        }
        writer.string("PartSizes")
        Self.encode(partBytes, into: &writer)
        writer.string("PartASizes")
        if let partActualBytes { Self.encode(partActualBytes, into: &writer) } else { writer.null() }
        if let partIndexes {
            writer.string("PartIdx")
            writer.array(count: partIndexes.count)
            for index in partIndexes { writer.binary(index) }
        }
        writer.string("Size")
        writer.signed(Int64(byteCount))
        writer.string("MTime")
        writer.signed(modifiedNanoseconds)
        writer.string("MetaSys")
        encodeSystemMetadata(into: &writer)
        writer.string("MetaUsr")
        guard let userMetadata else { return writer.null() }
        writer.map(count: userMetadata.count)
        for (key, value) in userMetadata {
            writer.string(key)
            writer.string(value)
        }
    }

    private func encodeSystemMetadata(into writer: inout MessagePackWriter) {
        guard let systemMetadata else { return writer.null() }
        writer.map(count: systemMetadata.count)
        for (key, value) in systemMetadata {
            writer.string(key)
            writer.binary(value)
        }
    }

    private static func encode(_ numbers: [Int], into writer: inout MessagePackWriter) {
        writer.array(count: numbers.count)
        for number in numbers { writer.signed(Int64(number)) }
    }
}

extension XLObject {
    /// Reads the map; unknown keys are passed over.
    init(reading reader: inout MessagePackReader) throws {
        self.init(id: .null, dataDirectory: .null, partBytes: [], byteCount: 0, modifiedNanoseconds: 0)
        for _ in 0..<(try reader.mapCount()) {
            switch try reader.string() {
            case "ID": id = try Self.readID(&reader)
            case "DDir": dataDirectory = try Self.readID(&reader)
            case "EcM": dataShards = Int(try reader.integer())
            case "EcN": parityShards = Int(try reader.integer())
            case "EcBSize": blockBytes = Int(try reader.integer())
            case "EcIndex": shardIndex = Int(try reader.integer())
            case "EcDist": distribution = try Self.readNumbers(&reader) ?? []
            case "PartNums": partNumbers = try Self.readNumbers(&reader) ?? []
            case "PartETags":
                partETags =
                    reader.skipNull()
                    ? nil : try (0..<(try reader.arrayCount())).map { _ in try reader.string() }
            case "PartSizes":
                partBytes =
                    reader.skipNull()
                    ? [] : try (0..<(try reader.arrayCount())).map { _ in try reader.size() }
            case "PartASizes":
                // -1 where MinIO did not know.
                partActualBytes =
                    reader.skipNull()
                    ? nil : try (0..<(try reader.arrayCount())).map { _ in Int(try reader.integer()) }
            case "PartIdx":
                partIndexes =
                    reader.skipNull()
                    ? nil : try (0..<(try reader.arrayCount())).map { _ in try reader.binary() }
            case "Size": byteCount = try reader.size()
            case "MTime": modifiedNanoseconds = try reader.integer()
            case "MetaSys":
                systemMetadata =
                    reader.skipNull()
                    ? nil
                    : try (0..<(try reader.mapCount())).map { _ in
                        (try reader.string(), reader.skipNull() ? [] : try reader.binary())
                    }
            case "MetaUsr":
                userMetadata =
                    reader.skipNull()
                    ? nil
                    : try (0..<(try reader.mapCount())).map { _ in (try reader.string(), try reader.string())
                    }
            default: try reader.skip()
            }
        }
    }

    static func readID(_ reader: inout MessagePackReader) throws -> UniqueID {
        let start = reader.position
        let bytes = try reader.binaryInPlace()
        guard bytes.count == 16 else {
            throw MessagePackReader.Malformed(position: start, expected: "an id of 16 bytes")
        }
        return UniqueID(bytes)
    }

    private static func readNumbers(_ reader: inout MessagePackReader) throws -> [Int]? {
        if reader.skipNull() { return nil }
        return try (0..<(try reader.arrayCount())).map { _ in try reader.size() }
    }
}

/// What xl.meta says of a delete marker: the map `DelObj`.
struct XLDeleteMarker {
    var id: UniqueID
    var modifiedNanoseconds: Int64
    /// `nil` where the file has no such key.
    var systemMetadata: [(key: String, value: [UInt8])]?

    /// Whether it only keeps a tier's data until that is tidied.
    var isFreeVersion: Bool {
        systemMetadata?.contains { $0.key.lowercased() == "x-minio-internal-free-version" } ?? false
    }

    var signature: UInt32 {
        var plain = self
        plain.systemMetadata = nil
        var writer = MessagePackWriter()
        plain.encode(into: &writer)
        let system = MetadataHash.hash(systemMetadata ?? [], seed: MetadataHash.systemSeed)
        return MetadataHash.fold(system ^ XXH64.hash(writer.bytes))
    }

    func encode(into writer: inout MessagePackWriter) {
        writer.map(count: systemMetadata == nil ? 2 : 3)
        writer.string("ID")
        writer.binary(id.bytes)
        writer.string("MTime")
        writer.signed(modifiedNanoseconds)
        guard let systemMetadata else { return }
        writer.string("MetaSys")
        writer.map(count: systemMetadata.count)
        for (key, value) in systemMetadata {
            writer.string(key)
            writer.binary(value)
        }
    }

    init(id: UniqueID, modifiedNanoseconds: Int64, systemMetadata: [(key: String, value: [UInt8])]?) {
        self.id = id
        self.modifiedNanoseconds = modifiedNanoseconds
        self.systemMetadata = systemMetadata
    }

    init(reading reader: inout MessagePackReader) throws {
        id = .null
        modifiedNanoseconds = 0
        for _ in 0..<(try reader.mapCount()) {
            switch try reader.string() {
            case "ID": id = try XLObject.readID(&reader)
            case "MTime": modifiedNanoseconds = try reader.integer()
            case "MetaSys":
                systemMetadata = try (0..<(try reader.mapCount())).map { _ in
                    (try reader.string(), reader.skipNull() ? [] : try reader.binary())
                }
            default: try reader.skip()
            }
        }
    }
}

/// MinIO's hash of a metadata map, which does not depend on the order of its entries.
enum MetadataHash {
    static let systemSeed: UInt64 = 0x1bbc_7e1d_de65_4743

    static func hash(_ map: [(key: String, value: [UInt8])], seed: UInt64) -> UInt64 {
        map.reduce(seed) { hash, entry in
            let key = XXH3.hash(Array(entry.key.utf8)) ^ 0x4ee3_bbaf_7ab2_506b
            return hash ^ (key &+ (XXH3.hash(entry.value) ^ 0x8da4_c8da_6619_4257))
        }
    }

    /// The xor of both halves.
    static func fold(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash ^ (hash >> 32)) }
}
