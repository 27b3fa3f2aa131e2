/// XXH32 with seed 0 (xxHash's doc/xxhash_spec.md), which guards LZ4 frames.
public enum XXH32 {
    private static let primes: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
        0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F, 0x1656_67B1
    )

    /// The hash of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var position = 0
        var hash = primes.4
        if bytes.count >= 16 {
            var lanes: SIMD4<UInt32> = [primes.0 &+ primes.1, primes.1, 0, 0 &- primes.0]
            while position + 16 <= bytes.count {
                let words: SIMD4<UInt32> = [
                    bytes.word(position), bytes.word(position + 4), bytes.word(position + 8),
                    bytes.word(position + 12),
                ]
                lanes = lanes &+ words &* primes.1
                lanes = (lanes &<< 13 | lanes &>> 19) &* primes.0
                position += 16
            }
            hash = lanes[0].rotated(1) &+ lanes[1].rotated(7) &+ lanes[2].rotated(12) &+ lanes[3].rotated(18)
        }
        hash &+= UInt32(truncatingIfNeeded: bytes.count)
        while position + 4 <= bytes.count {
            hash = (hash &+ bytes.word(position) &* primes.2).rotated(17) &* primes.3
            position += 4
        }
        while position < bytes.count {
            hash = (hash &+ UInt32(bytes[position]) &* primes.4).rotated(11) &* primes.0
            position += 1
        }
        hash = (hash ^ hash >> 15) &* primes.1
        hash = (hash ^ hash >> 13) &* primes.2
        return hash ^ hash >> 16
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func word(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

extension UInt32 {
    fileprivate func rotated(_ count: UInt32) -> UInt32 { self << count | self >> (32 - count) }
}
