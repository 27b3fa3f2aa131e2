// part.N.meta, beside a part of an upload that is not completed (MinIO cmd/xl-storage-format-v1.go, ObjectPartInfo):
// a map of e etag, n number, s size on the drive, as size as it was put, mt time, i index of compressed blocks, crc
// checksums in base 64 by algorithm. The last two are left out where there are none.

extension UploadedPart {
    var encoded: [UInt8] {
        var writer = MessagePackWriter()
        writer.map(count: checksum == nil ? 5 : 6)
        writer.string("e")
        writer.string(etag)
        writer.string("n")
        writer.signed(Int64(number))
        writer.string("s")
        writer.signed(Int64(byteCount))
        writer.string("as")
        writer.signed(Int64(byteCount))
        writer.string("mt")
        let (seconds, nanoseconds) = modifiedNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        writer.time(seconds: seconds, nanoseconds: Int32(nanoseconds))
        if let checksum {
            writer.string("crc")
            writer.map(count: 1)
            writer.string(checksum.algorithm.rawValue)
            writer.string(Base64.encode(checksum.bytes))
        }
        return writer.bytes
    }

    /// Reads the file; `path` is for messages.
    ///
    /// - Throws: `StoreError` with code `corrupt`, or `unsupportedFormat` for a part that is compressed or encrypted.
    init(reading bytes: [UInt8], path: String) throws {
        self = try bytes.withUnsafeBytes { bytes in
            do {
                return try Self.read(MessagePackReader(bytes), path: path)
            } catch let malformed as MessagePackReader.Malformed {
                throw StoreError(
                    .corrupt,
                    "\(path): byte \(malformed.position) should begin \(malformed.expected): the part is damaged"
                )
            }
        }
    }

    private static func read(_ reader: MessagePackReader, path: String) throws -> UploadedPart {
        var reader = reader
        var (etag, number, stored, actual, modified) = ("", 0, 0, 0, Int64(0))
        var checksum: ObjectChecksum?
        for _ in 0..<(try reader.mapCount()) {
            switch try reader.string() {
            case "e": etag = try reader.string()
            case "n": number = try reader.size()
            case "s": stored = try reader.size()
            case "as": actual = try reader.size()
            case "mt":
                let time = try reader.time()
                modified = time.seconds &* 1_000_000_000 &+ Int64(time.nanoseconds)
            case "crc" where !reader.skipNull():
                for _ in 0..<(try reader.mapCount()) {
                    let (name, text) = (try reader.string(), try reader.string())
                    if let algorithm = ChecksumAlgorithm(rawValue: name), let bytes = Base64.decode(text),
                        bytes.count == algorithm.byteCount
                    {
                        checksum = ObjectChecksum(algorithm, bytes)
                    }
                }
            case "crc": break
            default: try reader.skip()
            }
        }
        guard stored == actual else {
            throw StoreError(
                .unsupportedFormat,
                "\(path) is of a part that MinIO has compressed or encrypted; complete the upload with that MinIO"
            )
        }
        return UploadedPart(
            number: number, etag: etag, byteCount: stored, modifiedNanoseconds: modified, checksum: checksum)
    }
}
