import CKernels
import Crypto

/// CRC-32C (Castagnoli), which guards Kafka's record batches.
public enum CRC32C {
    /// The checksum of `bytes`; `seed` is the checksum of the bytes before them.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        th_crc32c(seed, bytes.baseAddress, bytes.count)
    }

    /// The checksum of `bytes`.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0) }
    }

    /// The same by tables, as on processors without the instruction.
    static func portableChecksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        th_crc32c_portable(seed, bytes.baseAddress, bytes.count)
    }
}

/// MD5 (RFC 1321), which S3 uses as the ETag of an object. Not for security.
public struct MD5: Sendable {
    private var state = Insecure.MD5()

    /// The digest of nothing yet.
    public init() {}

    /// Adds `bytes`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
    }

    /// The 16 bytes of the digest of all that was added.
    public consuming func finalize() -> [UInt8] { Array(state.finalize()) }

    /// The 16 bytes of the digest of `bytes`.
    public static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var md5 = MD5()
        md5.update(bytes)
        return md5.finalize()
    }
}

/// HighwayHash-256 with MinIO's key, which guards object data against bit rot.
public enum HighwayHash {
    /// The size of a hash in bytes.
    public static let byteCount = 32

    // MinIO's `magicHighwayHash256Key`: the hash of the first 100 decimals of pi under a zero key.
    private static let key: [UInt8] = [
        0x4b, 0xe7, 0x34, 0xfa, 0x8e, 0x23, 0x8a, 0xcd, 0x26, 0x3e, 0x83, 0xe6, 0xbb, 0x96, 0x85, 0x52,
        0x04, 0x0f, 0x93, 0x5d, 0xa3, 0x9f, 0x44, 0x14, 0x97, 0xe0, 0x9d, 0x13, 0x22, 0xde, 0x36, 0xa0,
    ]

    /// Writes the 32 bytes of the hash of `bytes` to `hash`.
    public static func hash(_ bytes: UnsafeRawBufferPointer, into hash: UnsafeMutableRawPointer) {
        key.withUnsafeBufferPointer {
            th_highwayhash256(
                $0.baseAddress, bytes.baseAddress, bytes.count, hash.assumingMemoryBound(to: UInt8.self))
        }
    }

    /// The 32 bytes of the hash of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            if let address = buffer.baseAddress { hash(bytes, into: address) }
            count = byteCount
        }
    }
}

extension Sequence<UInt8> {
    /// The bytes as lower-case hexadecimal digits.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
