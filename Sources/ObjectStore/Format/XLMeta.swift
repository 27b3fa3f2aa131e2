import DurableIO

// xl.meta, container version 1.3 (MinIO cmd/xl-storage-format-v2.go, cmd/xl-storage-meta-inline.go):
//
//   0   "XL2 "
//   4   u16LE major = 1, u16LE minor = 3
//   8   c6 + u32BE length              MessagePack bin32
//   13  metadata                       header version 3, metadata version 3, number of versions, then for each
//                                      version, newest first: bin(header), bin(version)
//   ..  ce + u32BE                     low half of XXH64(metadata)
//   ..  inline data                    nothing, or 01 and a map from version id ("null") to a bit-rot stream
//
// A header is an array of 7: id, modification time, signature, type, flags, EcN (parity), EcM (data).

/// The metadata file of an object.
struct XLMeta: Equatable {
    /// A version: an object or a delete marker.
    struct Version: Equatable {
        enum Content: Equatable {
            case object(XLObject)
            case deleteMarker(XLDeleteMarker)
        }
        var content: Content
        /// When the software that wrote it was released, in seconds since 1970; `nil` in old files.
        var writerRelease: UInt64?
    }

    /// The version of the headers: 3 with the numbers of shards, 2 without (MinIO before 2024-06).
    var headerVersion: UInt64 = 3
    /// The version of the bodies.
    var bodyVersion: UInt64 = 3
    /// Newest first.
    var versions: [Version]
    /// Small objects' data, as bit-rot streams, by version id.
    var inlineData: [(id: String, stream: [UInt8])]

    static func == (left: XLMeta, right: XLMeta) -> Bool {
        left.headerVersion == right.headerVersion && left.bodyVersion == right.bodyVersion
            && left.versions == right.versions && left.inlineData.map(\.id) == right.inlineData.map(\.id)
            && left.inlineData.map(\.stream) == right.inlineData.map(\.stream)
    }

    private static let magic = Array("XL2 ".utf8)

    // MARK: Writing

    var encoded: [UInt8] {
        var metadata = MessagePackWriter()
        metadata.unsigned(headerVersion)
        metadata.unsigned(bodyVersion)
        metadata.signed(Int64(versions.count))
        for version in versions {
            metadata.binary(version.encodedHeader(version: headerVersion))
            metadata.binary(version.encodedBody)
        }
        var file = MessagePackWriter()
        file.raw(Self.magic)
        file.raw([1, 0, 3, 0])
        file.wideBinary(metadata.bytes)
        file.wideUnsigned(UInt32(truncatingIfNeeded: XXH64.hash(metadata.bytes)))
        if !inlineData.isEmpty {
            file.raw([1])
            file.map(count: inlineData.count)
            for (id, stream) in inlineData {
                file.string(id)
                file.binary(stream)
            }
        }
        return file.bytes
    }

    // MARK: Reading

    init(versions: [Version], inlineData: [(id: String, stream: [UInt8])] = []) {
        self.versions = versions
        self.inlineData = inlineData
    }

    /// Reads a file; `path` is for messages.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    init(reading bytes: [UInt8], path: String) throws {
        guard bytes.count >= 8, bytes.starts(with: Self.magic) else {
            throw StoreError(.corrupt, "\(path) does not begin with \"XL2 \": it is no metadata of an object")
        }
        guard bytes[4] == 1, bytes[5] == 0, bytes[6] == 3, bytes[7] == 0 else {
            let version = "\(Int(bytes[4]) | Int(bytes[5]) << 8).\(Int(bytes[6]) | Int(bytes[7]) << 8)"
            throw StoreError(
                .unsupportedFormat,
                "\(path) has container version \(version); version 1.3 (MinIO of 2021-08 and later) is read")
        }
        do {
            var file = MessagePackReader(bytes, from: 8)
            let metadata = try file.binary()
            let checksum = try file.integer()
            guard UInt32(truncatingIfNeeded: XXH64.hash(metadata)) == UInt32(truncatingIfNeeded: checksum)
            else {
                throw StoreError(.corrupt, "\(path) fails its XXH64: the object's metadata is damaged")
            }
            versions = []
            inlineData = []
            try readVersions(metadata, path: path)
            if !file.isAtEnd {
                guard try file.integer() == 1 else {
                    throw StoreError(.unsupportedFormat, "\(path): unknown version of the inline data")
                }
                for _ in 0..<(try file.mapCount()) {
                    inlineData.append((try file.string(), try file.binary()))
                }
            }
        } catch let malformed as MessagePackReader.Malformed {
            throw StoreError(
                .corrupt,
                "\(path): byte \(malformed.position) should begin \(malformed.expected): the file is damaged")
        }
    }

    private mutating func readVersions(_ metadata: [UInt8], path: String) throws {
        var reader = MessagePackReader(metadata)
        headerVersion = UInt64(truncatingIfNeeded: try reader.integer())
        bodyVersion = UInt64(truncatingIfNeeded: try reader.integer())
        guard (2...3).contains(headerVersion), (1...3).contains(bodyVersion) else {
            throw StoreError(
                .unsupportedFormat,
                "\(path) has header version \(headerVersion) and body version \(bodyVersion); 2 to 3 and 1 to 3 are read"
            )
        }
        let count = try reader.integer()
        guard count >= 0, count <= metadata.count / 16 else {
            throw StoreError(.corrupt, "\(path) counts \(count) versions: the file is damaged")
        }
        versions = try (0..<count).map { _ in
            // The header repeats, for speed, what the body says.
            _ = try reader.binary()
            return try Version(reading: try reader.binary(), path: path)
        }
    }
}

extension XLMeta.Version {
    func encodedHeader(version: UInt64) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.array(count: version == 3 ? 7 : 5)
        switch content {
        case .object(let object):
            writer.binary(object.id.bytes)
            writer.signed(object.modifiedNanoseconds)
            writer.binary(object.signature)
            writer.unsigned(1)
            writer.unsigned(object.isInline ? 6 : 2)
            guard version == 3 else { break }
            writer.unsigned(UInt64(object.parityShards))
            writer.unsigned(UInt64(object.dataShards))
        case .deleteMarker(let marker):
            writer.binary(marker.id.bytes)
            writer.signed(marker.modifiedNanoseconds)
            writer.binary(marker.signature)
            writer.unsigned(2)
            writer.unsigned(0)
            guard version == 3 else { break }
            writer.unsigned(0)
            writer.unsigned(0)
        }
        return writer.bytes
    }

    var encodedBody: [UInt8] {
        var writer = MessagePackWriter()
        writer.map(count: writerRelease == nil ? 2 : 3)
        writer.string("Type")
        switch content {
        case .object(let object):
            writer.unsigned(1)
            writer.string("V2Obj")
            object.encode(into: &writer)
        case .deleteMarker(let marker):
            writer.unsigned(2)
            writer.string("DelObj")
            marker.encode(into: &writer)
        }
        if let writerRelease {
            writer.string("v")
            writer.unsigned(writerRelease)
        }
        return writer.bytes
    }

    init(reading bytes: [UInt8], path: String) throws {
        var reader = MessagePackReader(bytes)
        var content: Content?
        var release: UInt64?
        for _ in 0..<(try reader.mapCount()) {
            switch try reader.string() {
            case "V2Obj": content = .object(try XLObject(reading: &reader))
            case "DelObj": content = .deleteMarker(try XLDeleteMarker(reading: &reader))
            case "v": release = UInt64(max(0, try reader.integer()))
            default: try reader.skip()
            }
        }
        guard let content else {
            throw StoreError(
                .unsupportedFormat, "\(path) holds a version that is neither an object nor a delete marker")
        }
        self.content = content
        writerRelease = release
    }
}
