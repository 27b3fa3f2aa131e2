// XXH64 and XXH3-64 as specified in xxHash's doc/xxhash_spec.md. MinIO's xl.meta is guarded by the one and
// its version signature is made with both; only metadata passes through here, so clarity comes before rate.

private let prime32x1: UInt64 = 0x9E37_79B1
private let prime32x2: UInt64 = 0x85EB_CA77
private let prime32x3: UInt64 = 0xC2B2_AE3D
private let prime64x1: UInt64 = 0x9E37_79B1_85EB_CA87
private let prime64x2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
private let prime64x3: UInt64 = 0x1656_67B1_9E37_79F9
private let prime64x4: UInt64 = 0x85EB_CA77_C2B2_AE63
private let prime64x5: UInt64 = 0x27D4_EB2F_1656_67C5

extension UnsafeRawBufferPointer {
    fileprivate func word64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    fileprivate func word32(_ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}

extension UInt64 {
    fileprivate func rotatedLeft(_ count: UInt64) -> UInt64 { (self << count) | (self >> (64 - count)) }

    fileprivate func foldedMultiply(_ other: UInt64) -> UInt64 {
        let product = multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}

/// XXH64 with seed 0.
public enum XXH64 {
    /// The hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { hash($0) } }

    /// The hash of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var position = 0
        var accumulator: UInt64
        if bytes.count >= 32 {
            var lanes: [UInt64] = [prime64x1 &+ prime64x2, prime64x2, 0, 0 &- prime64x1]
            while position + 32 <= bytes.count {
                for lane in 0..<4 {
                    lanes[lane] = round(lanes[lane], bytes.word64(position + 8 * lane))
                }
                position += 32
            }
            accumulator =
                lanes[0].rotatedLeft(1) &+ lanes[1].rotatedLeft(7) &+ lanes[2].rotatedLeft(12)
                &+ lanes[3].rotatedLeft(18)
            for lane in lanes {
                accumulator = (accumulator ^ round(0, lane)) &* prime64x1 &+ prime64x4
            }
        } else {
            accumulator = prime64x5
        }
        accumulator &+= UInt64(bytes.count)
        while position + 8 <= bytes.count {
            accumulator ^= round(0, bytes.word64(position))
            accumulator = accumulator.rotatedLeft(27) &* prime64x1 &+ prime64x4
            position += 8
        }
        if position + 4 <= bytes.count {
            accumulator ^= bytes.word32(position) &* prime64x1
            accumulator = accumulator.rotatedLeft(23) &* prime64x2 &+ prime64x3
            position += 4
        }
        while position < bytes.count {
            accumulator ^= UInt64(bytes[position]) &* prime64x5
            accumulator = accumulator.rotatedLeft(11) &* prime64x1
            position += 1
        }
        return avalanche64(accumulator)
    }

    private static func round(_ accumulator: UInt64, _ word: UInt64) -> UInt64 {
        (accumulator &+ word &* prime64x2).rotatedLeft(31) &* prime64x1
    }
}

private func avalanche64(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ (hash >> 33)) &* prime64x2
    hash = (hash ^ (hash >> 29)) &* prime64x3
    return hash ^ (hash >> 32)
}

/// XXH3-64 with seed 0 and the default secret.
public enum XXH3 {
    // The default secret of the specification: 192 bytes from FARSH.
    private static let secret: [UInt8] = [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
        0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
        0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
        0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
        0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
        0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
        0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
        0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ]

    /// The hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { hash($0) } }

    /// The hash of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        secret.withUnsafeBytes { secret in
            switch bytes.count {
            case 0: avalanche64(secret.word64(56) ^ secret.word64(64))
            case 1...3: hash1To3(bytes, secret)
            case 4...8: hash4To8(bytes, secret)
            case 9...16: hash9To16(bytes, secret)
            case 17...128: hash17To128(bytes, secret)
            case 129...240: hash129To240(bytes, secret)
            default: hashLong(bytes, secret)
            }
        }
    }

    private typealias Bytes = UnsafeRawBufferPointer

    private static func hash1To3(_ bytes: Bytes, _ secret: Bytes) -> UInt64 {
        let count = bytes.count
        let combined =
            UInt64(bytes[count - 1]) | UInt64(count) << 8 | UInt64(bytes[0]) << 16
            | UInt64(bytes[count >> 1]) << 24
        return avalanche64(combined ^ (secret.word32(0) ^ secret.word32(4)))
    }

    private static func hash4To8(_ bytes: Bytes, _ secret: Bytes) -> UInt64 {
        let count = UInt64(bytes.count)
        let keyed =
            (bytes.word32(bytes.count - 4) &+ bytes.word32(0) << 32) ^ (secret.word64(8) ^ secret.word64(16))
        var hash = keyed ^ keyed.rotatedLeft(49) ^ keyed.rotatedLeft(24)
        hash = hash &* 0x9FB2_1C65_1E98_DF25
        hash ^= (hash >> 35) &+ count
        hash = hash &* 0x9FB2_1C65_1E98_DF25
        return hash ^ (hash >> 28)
    }

    private static func hash9To16(_ bytes: Bytes, _ secret: Bytes) -> UInt64 {
        let low = (secret.word64(24) ^ secret.word64(32)) ^ bytes.word64(0)
        let high = (secret.word64(40) ^ secret.word64(48)) ^ bytes.word64(bytes.count - 8)
        return avalanche(UInt64(bytes.count) &+ low.byteSwapped &+ high &+ low.foldedMultiply(high))
    }

    private static func hash17To128(_ bytes: Bytes, _ secret: Bytes) -> UInt64 {
        let count = bytes.count
        var accumulator = UInt64(count) &* prime64x1
        for round in (0...((count - 1) >> 5)).reversed() {
            accumulator &+= mix16(bytes, round * 16, secret, round * 32)
            accumulator &+= mix16(bytes, count - round * 16 - 16, secret, round * 32 + 16)
        }
        return avalanche(accumulator)
    }

    private static func hash129To240(_ bytes: Bytes, _ secret: Bytes) -> UInt64 {
        let count = bytes.count
        var accumulator = UInt64(count) &* prime64x1
        for chunk in 0..<8 { accumulator &+= mix16(bytes, chunk * 16, secret, chunk * 16) }
        accumulator = avalanche(accumulator)
        for chunk in 8..<(count / 16) {
            accumulator &+= mix16(bytes, chunk * 16, secret, (chunk - 8) * 16 + 3)
        }
        accumulator &+= mix16(bytes, count - 16, secret, 136 - 17)
        return avalanche(accumulator)
    }

    private static func hashLong(_ bytes: Bytes, _ secret: Bytes) -> UInt64 {
        var lanes: [UInt64] = [
            prime32x3, prime64x1, prime64x2, prime64x3, prime64x4, prime32x2, prime64x5, prime32x1,
        ]
        let stripesPerBlock = (secret.count - 64) / 8
        let blockBytes = 64 * stripesPerBlock
        let blocks = (bytes.count - 1) / blockBytes
        for block in 0..<blocks {
            for stripe in 0..<stripesPerBlock {
                accumulate(&lanes, bytes, block * blockBytes + stripe * 64, secret, stripe * 8)
            }
            for lane in 0..<8 {
                lanes[lane] ^= lanes[lane] >> 47
                lanes[lane] ^= secret.word64(secret.count - 64 + 8 * lane)
                lanes[lane] = lanes[lane] &* prime32x1
            }
        }
        let rest = blocks * blockBytes
        for stripe in 0..<((bytes.count - 1 - rest) / 64) {
            accumulate(&lanes, bytes, rest + stripe * 64, secret, stripe * 8)
        }
        accumulate(&lanes, bytes, bytes.count - 64, secret, secret.count - 64 - 7)
        var result = UInt64(bytes.count) &* prime64x1
        for pair in 0..<4 {
            let left = lanes[2 * pair] ^ secret.word64(11 + 16 * pair)
            let right = lanes[2 * pair + 1] ^ secret.word64(11 + 16 * pair + 8)
            result &+= left.foldedMultiply(right)
        }
        return avalanche(result)
    }

    private static func accumulate(
        _ lanes: inout [UInt64], _ bytes: Bytes, _ offset: Int, _ secret: Bytes, _ secretOffset: Int
    ) {
        for lane in 0..<8 {
            let word = bytes.word64(offset + 8 * lane)
            let keyed = word ^ secret.word64(secretOffset + 8 * lane)
            lanes[lane ^ 1] &+= word
            lanes[lane] &+= (keyed & 0xFFFF_FFFF) &* (keyed >> 32)
        }
    }

    private static func mix16(_ bytes: Bytes, _ offset: Int, _ secret: Bytes, _ secretOffset: Int) -> UInt64 {
        let low = bytes.word64(offset) ^ secret.word64(secretOffset)
        return low.foldedMultiply(bytes.word64(offset + 8) ^ secret.word64(secretOffset + 8))
    }

    private static func avalanche(_ value: UInt64) -> UInt64 {
        let hash = (value ^ (value >> 37)) &* 0x1656_6791_9E37_79F9
        return hash ^ (hash >> 32)
    }
}
