import DurableIO

// xl.meta, container version 1.3 (MinIO cmd/xl-storage-format-v2.go, cmd/xl-storage-meta-inline.go):
//
//   0   "XL2 "
//   4   u16LE major = 1, u16LE minor = 3
//   8   c6 + u32BE length              MessagePack bin32
//   13  metadata                       header version 3, body version 3, number of versions, then for each
//                                      version, newest first: bin(header), bin(body)
//   ..  ce + u32BE                     low half of XXH64(metadata)
//   ..  inline data                    nothing, or 01 and a map from version id ("null") to a bit-rot stream
//
// Containers 1.0 to 1.2 hold a map {"Versions": [body, ...]} in the place of the metadata: 1.0 (whose version
// reads "1   ") right behind the version and without inline data, 1.1 in a byte string, 1.2 with the checksum.

/// The metadata file of an object: its versions, and the data of small ones.
struct XLMeta {
    /// A version, its body kept as the bytes that were read: a version that is not touched is written back as
    /// it was, whatever it holds.
    struct Version {
        var header: XLHeader
        var body: [UInt8]
    }

    /// The version of the headers: 3 with the numbers of shards, 2 without (MinIO before 2024-06), 1 without
    /// a signature too.
    var headerVersion: UInt64 = 3
    /// The version of the bodies.
    var bodyVersion: UInt64 = 3
    /// Newest first.
    var versions: [Version] = []
    /// Small objects' data, as bit-rot streams, by version id.
    var inlineData: [(id: String, stream: [UInt8])] = []
    /// How many bytes the file had behind all that; they are not written again.
    private(set) var trailingBytes = 0

    private static let magic = Array("XL2 ".utf8)

    // MARK: Writing

    var encoded: [UInt8] {
        var metadata = MessagePackWriter()
        metadata.unsigned(headerVersion)
        metadata.unsigned(bodyVersion)
        metadata.signed(Int64(versions.count))
        for version in versions {
            metadata.binary(version.header.encoded(version: headerVersion))
            metadata.binary(version.body)
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

    /// A file without versions.
    init() {}

    /// Reads a file; `path` is for messages.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    init(reading bytes: [UInt8], path: String) throws {
        self = try bytes.withUnsafeBytes { try XLMeta(reading: $0, path: path) }
    }

    /// How many bytes at the beginning of a file hold all but the inline data; `nil` where a look at the beginning does
    /// not tell.
    static func headByteCount(_ beginning: UnsafeRawBufferPointer) -> Int? {
        guard beginning.count >= 13, beginning[4..<9].elementsEqual([1, 0, 3, 0, 0xC6]) else { return nil }
        return 13 + Int(UInt32(bigEndian: beginning.loadUnaligned(fromByteOffset: 9, as: UInt32.self))) + 5
    }

    /// Makes sure, by its beginning and its size, that a file may be an object's metadata.
    ///
    /// - Throws: `StoreError` with code `corrupt`.
    static func check(beginning: some Collection<UInt8>, byteCount: Int, path: String) throws {
        guard beginning.starts(with: magic) else {
            throw StoreError(.corrupt, "\(path) does not begin with \"XL2 \": it is no metadata of an object")
        }
        guard byteCount <= Drive.metadataBytesMax else {
            throw StoreError(
                .corrupt,
                "\(path) has \(byteCount) bytes, where at most \(Drive.metadataBytesMax) make sense: it is damaged"
            )
        }
    }

    /// Reads a file; `path` is for messages.
    ///
    /// - Parameter headOnly: whether to leave out the inline data, which then need not be there.
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    init(reading bytes: UnsafeRawBufferPointer, path: String, headOnly: Bool = false) throws {
        try Self.check(beginning: bytes, byteCount: bytes.count, path: path)
        guard bytes.count >= 8 else {
            throw StoreError(.corrupt, "\(path) ends within its head: the file is damaged")
        }
        let version = bytes[4..<8]
        do {
            if version.elementsEqual([1, 0, 3, 0]) {
                var file = MessagePackReader(bytes, from: 8)
                let metadata = try file.binaryInPlace()
                try Self.check(metadata, against: try file.integer(), path: path)
                try readVersions(metadata, path: path)
                if !headOnly { try readInlineData(&file, path: path) }
            } else if version.elementsEqual("1   ".utf8) {
                try readMap(UnsafeRawBufferPointer(rebasing: bytes[8...]), path: path)
            } else if version.elementsEqual([1, 0, 1, 0]) || version.elementsEqual([1, 0, 2, 0]) {
                try readWrappedMap(bytes, isChecked: bytes[6] == 2, path: path)
            } else {
                let number = "\(Int(bytes[4]) | Int(bytes[5]) << 8).\(Int(bytes[6]) | Int(bytes[7]) << 8)"
                throw StoreError(
                    .unsupportedFormat,
                    "\(path) has container version \(number); versions 1.0 to 1.3 are read")
            }
        } catch let malformed as MessagePackReader.Malformed {
            throw StoreError(
                .corrupt,
                "\(path): byte \(malformed.position) of the metadata should begin \(malformed.expected): the file is damaged"
            )
        }
    }

    private static func check(
        _ metadata: UnsafeRawBufferPointer, against checksum: Int64, path: String
    ) throws {
        guard UInt32(truncatingIfNeeded: XXH64.hash(metadata)) == UInt32(truncatingIfNeeded: checksum)
        else {
            throw StoreError(.corrupt, "\(path) fails its XXH64: the object's metadata is damaged")
        }
    }

    private mutating func readInlineData(_ file: inout MessagePackReader, path: String) throws {
        guard !file.isAtEnd else { return }
        guard try file.integer() == 1 else {
            throw StoreError(.unsupportedFormat, "\(path): unknown version of the inline data")
        }
        for _ in 0..<(try file.mapCount()) {
            inlineData.append((try file.string(), try file.binary()))
        }
        trailingBytes = file.bytesLeft
    }

    private mutating func readVersions(_ metadata: UnsafeRawBufferPointer, path: String) throws {
        var reader = MessagePackReader(metadata)
        headerVersion = UInt64(truncatingIfNeeded: try reader.integer())
        bodyVersion = UInt64(truncatingIfNeeded: try reader.integer())
        guard (1...3).contains(headerVersion), (1...3).contains(bodyVersion) else {
            throw StoreError(
                .unsupportedFormat,
                "\(path) has header version \(headerVersion) and body version \(bodyVersion); 1 to 3 are read"
            )
        }
        let count = try reader.integer()
        guard count >= 0, count <= metadata.count / 16 else {
            throw StoreError(.corrupt, "\(path) counts \(count) versions: the file is damaged")
        }
        versions.reserveCapacity(Int(count))
        for _ in 0..<count {
            let header = try XLHeader(reading: try reader.binaryInPlace(), version: headerVersion)
            versions.append(Version(header: header, body: try reader.binary()))
        }
    }

    /// Containers 1.1 and 1.2.
    private mutating func readWrappedMap(
        _ bytes: UnsafeRawBufferPointer, isChecked: Bool, path: String
    ) throws {
        var file = MessagePackReader(bytes, from: 8)
        let metadata = try file.binaryInPlace()
        if isChecked { try Self.check(metadata, against: try file.integer(), path: path) }
        try readMap(metadata, path: path)
        try readInlineData(&file, path: path)
    }

    /// `{"Versions": [body, ...]}`, with headers made of the bodies.
    private mutating func readMap(_ metadata: UnsafeRawBufferPointer, path: String) throws {
        headerVersion = 1
        bodyVersion = 1
        var reader = MessagePackReader(metadata)
        for _ in 0..<(try reader.mapCount()) {
            guard try reader.string() == "Versions" else {
                try reader.skip()
                continue
            }
            for _ in 0..<(try reader.arrayCount()) {
                let start = reader.position
                try reader.skip()
                let body = Array(reader.consumed(since: start))
                let content = try XLContent(reading: body, path: path)
                versions.append(Version(header: XLHeader(content), body: body))
            }
        }
        versions.sort { XLHeader.isNewer($0.header, $1.header) }
    }
}

extension XLMeta {
    /// The version with an id.
    func version(_ id: UniqueID) -> Version? { versions.first { $0.header.id == id } }

    /// The data of a version that is kept inside the file.
    func inlineStream(of id: UniqueID) -> [UInt8]? {
        let name = Self.inlineName(of: id)
        return inlineData.first { $0.id == name }?.stream
    }

    /// The data of a version that is kept inside the file; the oldest files name it after the data directory.
    func inlineStream(of object: XLObject) -> [UInt8]? {
        inlineStream(of: object.id)
            ?? (object.isInline
                ? inlineData.first { $0.id == object.dataDirectory.description }?.stream : nil)
    }

    /// The key of a version's data in the inline map.
    static func inlineName(of id: UniqueID) -> String { id == .null ? "null" : id.description }

    /// Adds a version, in the place of one with the same id.
    mutating func put(_ content: XLContent, inlineStream: [UInt8]?, writerRelease: UInt64) {
        remove(content.id)
        // Headers without the numbers of shards cannot stand beside one that has them.
        headerVersion = 3
        let header = XLHeader(content)
        let index = versions.firstIndex { !XLHeader.isNewer($0.header, header) } ?? versions.count
        versions.insert(
            Version(header: header, body: content.encoded(writerRelease: writerRelease)), at: index)
        if let inlineStream { inlineData.append((Self.inlineName(of: content.id), inlineStream)) }
    }

    /// Puts a version in the place of the one with the same id, whose data stays.
    mutating func replace(_ content: XLContent, writerRelease: UInt64) {
        let stream = inlineStream(of: content.id)
        put(content, inlineStream: stream, writerRelease: writerRelease)
    }

    /// Removes a version and its inline data, if it is there.
    mutating func remove(_ id: UniqueID) {
        versions.removeAll { $0.header.id == id }
        inlineData.removeAll { $0.id == Self.inlineName(of: id) }
    }

    /// The names of the data directories that versions refer to.
    ///
    /// - Throws: `StoreError` with code `corrupt` where a body cannot be read: what it refers to is then not
    ///   known.
    func dataDirectories(path: String) throws -> Set<String> {
        var names: Set<String> = []
        // Of a version in another tier the header says that it has none, and yet it may have been restored.
        for version in versions where version.header.kind != .deleteMarker {
            switch try XLContent(reading: version.body, path: path) {
            case .object(let object): names.insert(object.dataDirectory.description)
            case .legacy(let directory): names.insert(directory)
            case .deleteMarker: break
            }
        }
        return names
    }
}
