import Crypto
import DurableIO

/// The checksums that S3 keeps with objects.
public enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    /// CRC-32 (IEEE 802.3).
    case crc32 = "CRC32"
    /// CRC-32C (Castagnoli).
    case crc32c = "CRC32C"
    /// CRC-64/NVME.
    case crc64nvme = "CRC64NVME"
    /// SHA-1.
    case sha1 = "SHA1"
    /// SHA-256.
    case sha256 = "SHA256"

    /// How many bytes a checksum has.
    public var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// The bit of MinIO's `ChecksumType` (internal/hash/checksum.go).
    fileprivate var bit: UInt64 {
        switch self {
        case .sha256: 2
        case .sha1: 4
        case .crc32: 8
        case .crc32c: 16
        case .crc64nvme: 256
        }
    }

    /// The reflected polynomial, of those that are polynomials.
    fileprivate var polynomial: UInt64? {
        switch self {
        case .crc32: 0xEDB8_8320
        case .crc32c: 0x82F6_3B78
        case .crc64nvme: 0x9A6C_9329_AC4B_C9B5
        case .sha1, .sha256: nil
        }
    }
}

/// The checksum that an object was put with.
public struct ObjectChecksum: Sendable, Equatable {
    /// Which.
    public let algorithm: ChecksumAlgorithm
    /// The bytes, the most significant first.
    public let bytes: [UInt8]
    /// For an object put in parts whose checksum is that of the parts' checksums, how many there are; `nil` where
    /// it is the checksum of the data.
    public let compositeParts: Int?
    /// The parts' checksums, where they were kept.
    public let partChecksums: [[UInt8]]

    static let metadataName = "x-minio-internal-crc"
    private static let multipartBit: UInt64 = 64
    private static let includesPartsBit: UInt64 = 128
    private static let fullObjectBit: UInt64 = 512

    /// A checksum of the data.
    public init(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) {
        self.init(algorithm, bytes, compositeParts: nil, partChecksums: [])
    }

    init(
        _ algorithm: ChecksumAlgorithm, _ bytes: [UInt8], compositeParts: Int?, partChecksums: [[UInt8]]
    ) {
        self.algorithm = algorithm
        self.bytes = bytes
        self.compositeParts = compositeParts
        self.partChecksums = partChecksums
    }

    /// What MinIO keeps in xl.meta: the type and the checksum; of parts their number, and their checksums.
    init?(decoding blob: [UInt8]) {
        var rest = blob[...]
        guard let type = Self.number(&rest),
            let algorithm = ChecksumAlgorithm.allCases.first(where: { type & $0.bit != 0 }),
            rest.count >= algorithm.byteCount
        else { return nil }
        self.algorithm = algorithm
        bytes = Array(rest.prefix(algorithm.byteCount))
        rest = rest.dropFirst(algorithm.byteCount)
        var parts: [[UInt8]] = []
        var count: UInt64?
        if type & Self.multipartBit != 0 {
            count = Self.number(&rest)
            guard let count, count <= 10_000 else { return nil }
            if type & Self.includesPartsBit != 0 {
                guard rest.count >= Int(count) * algorithm.byteCount else { return nil }
                for _ in 0..<count {
                    parts.append(Array(rest.prefix(algorithm.byteCount)))
                    rest = rest.dropFirst(algorithm.byteCount)
                }
            }
        }
        partChecksums = parts
        compositeParts = type & Self.fullObjectBit == 0 ? count.map { Int($0) } : nil
    }

    /// The form that `init(decoding:)` reads.
    var encoded: [UInt8] {
        var type = algorithm.bit
        let isMultipart = compositeParts != nil || !partChecksums.isEmpty
        if isMultipart { type |= Self.multipartBit }
        if !partChecksums.isEmpty { type |= Self.includesPartsBit }
        if isMultipart, compositeParts == nil { type |= Self.fullObjectBit }
        var blob: [UInt8] = []
        Self.append(type, to: &blob)
        blob += bytes
        if isMultipart {
            Self.append(UInt64(compositeParts ?? partChecksums.count), to: &blob)
            blob += partChecksums.joined()
        }
        return blob
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 63, let byte = bytes.popFirst() {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}

/// A checksum in the making.
enum RunningChecksum {
    case crc32(UInt32)
    case crc32c(UInt32)
    case crc64nvme(UInt64)
    case sha1(Insecure.SHA1)
    case sha256(SHA256)

    init(_ algorithm: ChecksumAlgorithm) {
        switch algorithm {
        case .crc32: self = .crc32(0)
        case .crc32c: self = .crc32c(0)
        case .crc64nvme: self = .crc64nvme(0)
        case .sha1: self = .sha1(Insecure.SHA1())
        case .sha256: self = .sha256(SHA256())
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .crc32(let crc): self = .crc32(CRC32.checksum(bytes, seed: crc))
        case .crc32c(let crc): self = .crc32c(CRC32C.checksum(bytes, seed: crc))
        case .crc64nvme(let crc): self = .crc64nvme(CRC64NVME.checksum(bytes, seed: crc))
        case .sha1(var state):
            state.update(bufferPointer: bytes)
            self = .sha1(state)
        case .sha256(var state):
            state.update(bufferPointer: bytes)
            self = .sha256(state)
        }
    }

    /// The checksum, the most significant byte first.
    var bytes: [UInt8] {
        switch self {
        case .crc32(let crc), .crc32c(let crc): withUnsafeBytes(of: crc.bigEndian) { Array($0) }
        case .crc64nvme(let crc): withUnsafeBytes(of: crc.bigEndian) { Array($0) }
        case .sha1(let state): Array(state.finalize())
        case .sha256(let state): Array(state.finalize())
        }
    }
}

extension ObjectChecksum {
    /// The checksum of an object made of parts, by those of its parts.
    ///
    /// - Parameters:
    ///   - parts: their checksums and sizes in bytes, in their order.
    ///   - isFullObject: whether it is that of the data, which only CRCs can be joined to.
    static func ofParts(
        _ algorithm: ChecksumAlgorithm, _ parts: [(bytes: [UInt8], byteCount: Int)], isFullObject: Bool
    ) -> ObjectChecksum {
        let checksums = parts.map(\.bytes)
        guard isFullObject, let polynomial = algorithm.polynomial else {
            var state = RunningChecksum(algorithm)
            for bytes in checksums { bytes.withUnsafeBytes { state.update($0) } }
            return ObjectChecksum(
                algorithm, state.bytes, compositeParts: parts.count, partChecksums: checksums)
        }
        let width = algorithm.byteCount * 8
        let joined = parts.reduce(UInt64(0)) { crc, part in
            let next = part.bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return CRCPolynomial(polynomial, width: width).append(next, byteCount: part.byteCount, to: crc)
        }
        let bytes = (0..<algorithm.byteCount).reversed().map {
            UInt8(truncatingIfNeeded: joined >> (8 * UInt64($0)))
        }
        return ObjectChecksum(algorithm, bytes, compositeParts: nil, partChecksums: checksums)
    }
}

/// Polynomials over two elements modulo that of a CRC, bits reflected: the highest of `width` bits is x^0.
private struct CRCPolynomial {
    private let polynomial: UInt64
    private let width: Int

    init(_ polynomial: UInt64, width: Int) {
        self.polynomial = polynomial
        self.width = width
    }

    /// The CRC of two pieces by theirs; the second has `byteCount` bytes.
    func append(_ second: UInt64, byteCount: Int, to first: UInt64) -> UInt64 {
        multiply(first, power(8 * byteCount)) ^ second
    }

    private func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (a, product) = (a, UInt64(0))
        for bit in (0..<width).reversed() {
            if b >> UInt64(bit) & 1 == 1 { product ^= a }
            a = a >> 1 ^ (a & 1 == 1 ? polynomial : 0)
        }
        return product
    }

    /// x to the power of `exponent`.
    private func power(_ exponent: Int) -> UInt64 {
        var result = UInt64(1) << UInt64(width - 1)
        var square = result >> 1
        var left = exponent
        while left > 0 {
            if left & 1 == 1 { result = multiply(result, square) }
            square = multiply(square, square)
            left >>= 1
        }
        return result
    }
}
