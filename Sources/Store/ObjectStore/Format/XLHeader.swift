import DurableIO

/// The header of a version, which repeats, for speed, what the body says: an array of 7 (id, modification time,
/// signature, type, flags, EcN = parity shards, EcM = data shards), of 5 before header version 3, of 4 without
/// the signature in header version 1.
struct XLHeader: Equatable {
    enum Kind: UInt64 {
        case object = 1
        case deleteMarker = 2
        /// Written before xl.meta had its present form.
        case legacy = 3
    }

    struct Flags: OptionSet {
        let rawValue: UInt64
        /// Kept for a tier to be tidied, and not to be seen.
        static let freeVersion = Flags(rawValue: 1)
        /// It has a data directory, or could have one: set for inline data too.
        static let usesDataDirectory = Flags(rawValue: 2)
        static let inlineData = Flags(rawValue: 4)
    }

    var id: UniqueID
    var modifiedNanoseconds: Int64
    var signature: UInt32
    var kind: Kind
    var flags: Flags
    var parityShards: UInt64
    var dataShards: UInt64

    var usesDataDirectory: Bool { kind == .legacy || flags.contains(.usesDataDirectory) }

    /// Whether it counts as the latest version where it comes first.
    var isVisible: Bool { !flags.contains(.freeVersion) }

    init(_ content: XLContent) {
        id = content.id
        modifiedNanoseconds = content.modifiedNanoseconds
        switch content {
        case .object(let object):
            kind = .object
            signature = object.signature
            flags = object.usesDataDirectory ? .usesDataDirectory : []
            if object.isInline { flags.insert(.inlineData) }
            parityShards = UInt64(clamping: object.parityShards)
            dataShards = UInt64(clamping: object.dataShards)
        case .deleteMarker(let marker):
            kind = .deleteMarker
            signature = marker.signature
            flags = marker.isFreeVersion ? .freeVersion : []
            (parityShards, dataShards) = (0, 0)
        case .legacy:
            kind = .legacy
            signature = 0
            flags = .usesDataDirectory
            (parityShards, dataShards) = (0, 1)
        }
    }

    init(reading bytes: UnsafeRawBufferPointer, version: UInt64) throws {
        var reader = MessagePackReader(bytes)
        let count = try reader.arrayCount()
        guard count == [4, 5, 7][Int(version) - 1] else {
            throw MessagePackReader.Malformed(position: 0, expected: "a header of version \(version)")
        }
        id = try XLObject.readID(&reader)
        modifiedNanoseconds = try reader.integer()
        signature = 0
        if version >= 2 {
            let bytes = try reader.binaryInPlace()
            guard bytes.count == 4 else {
                throw MessagePackReader.Malformed(position: reader.position, expected: "a signature")
            }
            signature = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        }
        guard let kind = Kind(rawValue: UInt64(truncatingIfNeeded: try reader.integer())) else {
            throw MessagePackReader.Malformed(position: reader.position, expected: "a type of version")
        }
        self.kind = kind
        flags = Flags(rawValue: UInt64(truncatingIfNeeded: try reader.integer()))
        (parityShards, dataShards) = (0, kind == .object ? 1 : 0)
        guard version >= 3 else { return }
        parityShards = UInt64(truncatingIfNeeded: try reader.integer())
        dataShards = UInt64(truncatingIfNeeded: try reader.integer())
    }

    func encoded(version: UInt64) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.array(count: [4, 5, 7][Int(version) - 1])
        writer.binary(id.bytes)
        writer.signed(modifiedNanoseconds)
        if version >= 2 { writer.binary((0..<4).map { UInt8(truncatingIfNeeded: signature >> (8 * $0)) }) }
        writer.unsigned(kind.rawValue)
        writer.unsigned(flags.rawValue)
        guard version >= 3 else { return writer.bytes }
        writer.unsigned(parityShards)
        writer.unsigned(dataShards)
        return writer.bytes
    }

    /// The order of versions: the latest first, and among those of one time MinIO's choice (`sortsBefore`).
    static func isNewer(_ left: XLHeader, _ right: XLHeader) -> Bool {
        if left.modifiedNanoseconds != right.modifiedNanoseconds {
            return left.modifiedNanoseconds > right.modifiedNanoseconds
        }
        if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
        if left.signature != right.signature {
            return left.signature.byteSwapped > right.signature.byteSwapped
        }
        if left.id != right.id { return left.id > right.id }
        return left.flags.rawValue > right.flags.rawValue
    }
}

/// What a version is.
enum XLContent {
    case object(XLObject)
    case deleteMarker(XLDeleteMarker)
    /// An object of a MinIO of before 2020-06, which is kept and not read: its data directory.
    case legacy(dataDirectory: String)

    var id: UniqueID {
        switch self {
        case .object(let object): object.id
        case .deleteMarker(let marker): marker.id
        case .legacy: .null
        }
    }

    var modifiedNanoseconds: Int64 {
        switch self {
        case .object(let object): object.modifiedNanoseconds
        case .deleteMarker(let marker): marker.modifiedNanoseconds
        case .legacy: 0
        }
    }

    /// A map: `Type`, one of `V1Obj`, `V2Obj` and `DelObj`, and `v`, when the software that wrote it was released,
    /// in seconds since 1970 and absent in old files.
    func encoded(writerRelease: UInt64?) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.map(count: writerRelease == nil ? 2 : 3)
        writer.string("Type")
        switch self {
        case .object(let object):
            writer.unsigned(XLHeader.Kind.object.rawValue)
            writer.string("V2Obj")
            object.encode(into: &writer)
        case .deleteMarker(let marker):
            writer.unsigned(XLHeader.Kind.deleteMarker.rawValue)
            writer.string("DelObj")
            marker.encode(into: &writer)
        case .legacy:
            preconditionFailure("a version of the legacy format is kept as the bytes that it was read from")
        }
        if let writerRelease {
            writer.string("v")
            writer.unsigned(writerRelease)
        }
        return writer.bytes
    }

    /// Reads a body; `path` is for messages.
    ///
    /// - Throws: `StoreError` with code `corrupt` or `unsupportedFormat`.
    init(reading body: [UInt8], path: String) throws {
        self = try Self.read(body, path: path).content
    }

    /// Reads a body, and when the software that wrote it was released.
    static func read(
        _ body: [UInt8], path: String
    ) throws -> (content: XLContent, writerRelease: UInt64?) {
        try body.withUnsafeBytes { body in
            do {
                return try read(MessagePackReader(body), path: path)
            } catch let malformed as MessagePackReader.Malformed {
                throw StoreError(
                    .corrupt,
                    "\(path): byte \(malformed.position) of a version should begin \(malformed.expected): the file is damaged"
                )
            }
        }
    }

    private static func read(
        _ reader: MessagePackReader, path: String
    ) throws -> (content: XLContent, writerRelease: UInt64?) {
        var reader = reader
        var content: XLContent?
        var release: UInt64?
        for _ in 0..<(try reader.mapCount()) {
            switch try reader.string() {
            case "V2Obj" where !reader.skipNull(): content = .object(try XLObject(reading: &reader))
            case "DelObj" where !reader.skipNull():
                content = .deleteMarker(try XLDeleteMarker(reading: &reader))
            case "V1Obj" where !reader.skipNull():
                content = .legacy(dataDirectory: try legacyDataDirectory(&reader))
            case "V2Obj", "DelObj", "V1Obj": break
            case "v": release = UInt64(clamping: try reader.integer())
            default: try reader.skip()
            }
        }
        guard let content else {
            throw StoreError(
                .unsupportedFormat, "\(path) holds a version that is neither an object nor a delete marker")
        }
        return (content, release)
    }

    private static func legacyDataDirectory(_ reader: inout MessagePackReader) throws -> String {
        var directory = "legacy"
        for _ in 0..<(try reader.mapCount()) {
            if try reader.string() == "DataDir" {
                let start = reader.position
                let name = try reader.string()
                guard !name.isEmpty else { continue }
                // It names a directory that may be removed some day: no path out of the object's own.
                guard UniqueID(name) != nil else {
                    throw MessagePackReader.Malformed(position: start, expected: "the id of a data directory")
                }
                directory = name
            } else {
                try reader.skip()
            }
        }
        return directory
    }
}
