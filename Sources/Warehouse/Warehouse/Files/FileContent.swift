import DurableIO
import SQLEngine

/// The bytes of one file, decompressed, to be read from any place.
///
/// A plain local file is read as it is needed; one that is compressed, or from another storage, is in
/// memory as a whole.
final class FileContent: Sendable {
    private enum Source {
        case file(File)
        case bytes([UInt8])
    }

    private let source: Source
    /// How many bytes there are.
    let count: Int
    /// A hash of the bytes as stored, where they have been read as a whole.
    let storedHash: UInt64?

    /// So many bytes may come out of a compressed file.
    private static let decompressedMax = 32 << 30
    /// Reading and hashing go in blocks of so many bytes.
    static let blockBytes = 1 << 20

    init(_ file: StagedFile, _ compression: FileFormat.Compression) throws {
        if let local = file.storage as? LocalStorage {
            let opened = try FileSystem.local.open(local.fullPath(file.key), .read)
            let size = try opened.size()
            let start = try opened.read(at: 0, count: min(4, size))
            if try Self.compression(compression, start, file.name) == .none {
                source = .file(opened)
                count = size
                storedHash = nil
                return
            }
        }
        let stored = try file.storage.read(file.key)
        let bytes = try Self.decompressed(stored, compression, file.name)
        storedHash = Self.hash(stored)
        source = .bytes(bytes)
        count = bytes.count
    }

    /// How a file is compressed, by its first bytes; its name must not say something else.
    private static func compression(_ declared: FileFormat.Compression, _ start: [UInt8], _ name: String)
        throws(SQLError) -> FileFormat.Compression
    {
        guard declared == .automatic else { return declared }
        if start.starts(with: [0x1F, 0x8B]) { return .gzip }
        if start.withUnsafeBytes({ $0.startsWithZstdMagic }) { return .zstd }
        for (suffix, title) in [(".gz", "gzip"), (".zst", "zstd")]
        where name.hasSuffix(suffix) && !start.isEmpty {
            throw SQLError(
                .data, "file \(name) is not \(title), as its name says; COMPRESSION = NONE reads it as it is")
        }
        return .none
    }

    private static func decompressed(_ stored: [UInt8], _ declared: FileFormat.Compression, _ name: String)
        throws -> [UInt8]
    {
        var output: [UInt8] = []
        do {
            switch try compression(declared, stored, name) {
            case .gzip:
                try stored.withUnsafeBytes { try Gzip.decompress($0, into: &output, limit: decompressedMax) }
            case .zstd:
                try stored.withUnsafeBytes {
                    try ZstdDecompressor().decompress($0, into: &output, limit: decompressedMax)
                }
            case .none, .automatic: return stored
            }
        } catch let error as DurableIOError {
            throw SQLError(.data, "file \(name): \(error.message)")
        }
        return output
    }

    /// Reads as many bytes as there is room for, or as there are.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        switch source {
        case .file(let file): return try file.read(into: buffer, at: offset)
        case .bytes(let bytes):
            let taken = max(0, min(buffer.count, bytes.count - offset))
            bytes.withUnsafeBytes {
                if taken > 0 {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + taken]))
                }
            }
            return taken
        }
    }

    /// All of it.
    func all() throws -> [UInt8] {
        switch source {
        case .file(let file): try file.read(at: 0, count: count)
        case .bytes(let bytes): bytes
        }
    }

    // MARK: Hashes

    /// Continues a hash by the next block of a file.
    static func hash(_ state: UInt64, _ block: UnsafeRawBufferPointer) -> UInt64 {
        (state ^ XXH3.hash(block)) &* 0x9E37_79B9_7F4A_7C15
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: blockBytes).reduce(UInt64(bytes.count)) { state, start in
                hash(
                    state,
                    UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + blockBytes)]))
            }
        }
    }

    /// The hash of a local file's bytes as stored.
    static func storedHash(_ local: LocalStorage, _ key: String) throws -> UInt64 {
        let file = try FileSystem.local.open(local.fullPath(key), .read)
        let size = try file.size()
        var state = UInt64(size)
        for start in stride(from: 0, to: size, by: blockBytes) {
            state = try file.read(at: start, count: blockBytes).withUnsafeBytes { hash(state, $0) }
        }
        return state
    }
}

extension UInt64 {
    /// Sixteen hexadecimal digits.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
