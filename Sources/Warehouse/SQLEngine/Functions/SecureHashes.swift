/// SHA-1 (FIPS 180-4). Not for security.
enum SHA1 {
    /// The 20 bytes of the digest.
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        var words = [UInt32](repeating: 0, count: 80)
        let padded = SHA2.padded(message, blockSize: 64)
        for block in stride(from: 0, to: padded.count, by: 64) {
            for index in 0..<16 { words[index] = SHA2.word(padded, block + index * 4) }
            for index in 16..<80 {
                let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
                words[index] = rotated(mixed, 1)
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for index in 0..<80 {
                let (function, constant) = round(index, b, c, d)
                let next = rotated(a, 5) &+ function &+ e &+ constant &+ words[index]
                (e, d, c, b, a) = (d, c, rotated(b, 30), a, next)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
        }
        return state.flatMap { SHA2.bytes($0) }
    }

    private static func round(_ index: Int, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> (UInt32, UInt32) {
        switch index {
        case 0..<20: ((b & c) | (~b & d), 0x5A82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case 40..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
    }

    private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value << count | value >> (32 - count)
    }
}

/// SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4).
enum SHA2 {
    /// The digest of 224, 256, 384 or 512 bits; `nil` for other sizes.
    static func digest(_ message: [UInt8], bits: Int) -> [UInt8]? {
        switch bits {
        case 224: Array(digest32(message, Self.initial224)[..<28])
        case 256: digest32(message, initial256)
        case 384: Array(digest64(message, initial384)[..<48])
        case 512: digest64(message, initial512)
        default: nil
        }
    }

    // MARK: Constants

    private static let primes: [UInt64] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 80 {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes
    }()

    private enum Root { case two, three }

    /// The first 64 bits behind the point of the square or cube roots.
    private static func roots64(_ primes: ArraySlice<UInt64>, _ root: Root) -> [UInt64] {
        primes.map { prime in
            // The greatest number whose power does not exceed the prime times 2^64 to the same power.
            var number: UInt128 = 0
            for bit in stride(from: UInt128(68), through: 0, by: -1) {
                let candidate = number | 1 << bit
                if isAtMost(candidate, prime, root) { number = candidate }
            }
            return UInt64(truncatingIfNeeded: number)
        }
    }

    /// Whether candidate^n <= prime * 2^(64 n).
    private static func isAtMost(_ candidate: UInt128, _ prime: UInt64, _ root: Root) -> Bool {
        let square = candidate.multipliedFullWidth(by: candidate)
        if root == .two { return square.high < UInt128(prime) }
        // Candidates have up to 69 bits, their squares up to 138: the cube is taken in two parts.
        let low = square.low.multipliedFullWidth(by: candidate)
        let high = square.high * candidate + low.high
        return high < UInt128(prime) << 64
    }

    private static let constants64 = roots64(primes[..<80], .three)
    private static let constants32 = constants64[..<64].map { UInt32($0 >> 32) }

    private static let initial512 = roots64(primes[..<8], .two)
    private static let initial384 = roots64(primes[8..<16], .two)
    private static let initial256 = initial512.map { UInt32($0 >> 32) }
    /// The second halves of the words with which SHA-384 begins.
    private static let initial224 = initial384.map { UInt32(truncatingIfNeeded: $0) }

    // MARK: Rounds

    private static func digest32(_ message: [UInt8], _ initial: [UInt32]) -> [UInt8] {
        var state = initial
        var words = [UInt32](repeating: 0, count: 64)
        let padded = padded(message, blockSize: 64)
        let constants = constants32
        for block in stride(from: 0, to: padded.count, by: 64) {
            for index in 0..<16 { words[index] = word(padded, block + index * 4) }
            for index in 16..<64 {
                let first =
                    rotated(words[index - 15], 7) ^ rotated(words[index - 15], 18) ^ words[index - 15] >> 3
                let second =
                    rotated(words[index - 2], 17) ^ rotated(words[index - 2], 19) ^ words[index - 2] >> 10
                words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
            }
            var s = state
            for index in 0..<64 {
                let sum1 = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)
                let sum0 = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)
                advance(&s, sum0, sum1, constants[index], words[index])
            }
            for index in 0..<8 { state[index] &+= s[index] }
        }
        return state.flatMap { bytes($0) }
    }

    private static func digest64(_ message: [UInt8], _ initial: [UInt64]) -> [UInt8] {
        var state = initial
        var words = [UInt64](repeating: 0, count: 80)
        let padded = padded(message, blockSize: 128)
        let constants = constants64
        for block in stride(from: 0, to: padded.count, by: 128) {
            for index in 0..<16 { words[index] = word(padded, block + index * 8) }
            for index in 16..<80 {
                let first =
                    rotated(words[index - 15], 1) ^ rotated(words[index - 15], 8) ^ words[index - 15] >> 7
                let second =
                    rotated(words[index - 2], 19) ^ rotated(words[index - 2], 61) ^ words[index - 2] >> 6
                words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
            }
            var s = state
            for index in 0..<80 {
                let sum1 = rotated(s[4], 14) ^ rotated(s[4], 18) ^ rotated(s[4], 41)
                let sum0 = rotated(s[0], 28) ^ rotated(s[0], 34) ^ rotated(s[0], 39)
                advance(&s, sum0, sum1, constants[index], words[index])
            }
            for index in 0..<8 { state[index] &+= s[index] }
        }
        return state.flatMap { bytes($0) }
    }

    /// One round: both sizes have the same form.
    @inline(__always)
    private static func advance<Word: FixedWidthInteger>(
        _ s: inout [Word], _ sum0: Word, _ sum1: Word, _ constant: Word, _ word: Word
    ) {
        let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
        let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
        let first = s[7] &+ sum1 &+ choice &+ constant &+ word
        let second = sum0 &+ majority
        s[7] = s[6]
        s[6] = s[5]
        s[5] = s[4]
        s[4] = s[3] &+ first
        s[3] = s[2]
        s[2] = s[1]
        s[1] = s[0]
        s[0] = first &+ second
    }

    @inline(__always)
    private static func rotated<Word: FixedWidthInteger>(_ value: Word, _ count: Word) -> Word {
        value >> count | value << (Word(Word.bitWidth) - count)
    }

    // MARK: Bytes

    /// The message, a one bit, zeros and the number of its bits.
    static func padded(_ message: [UInt8], blockSize: Int) -> [UInt8] {
        var result = message
        result.append(0x80)
        while result.count % blockSize != blockSize - 8 { result.append(0) }
        return result + bytes(UInt64(message.count) * 8)
    }

    @inline(__always)
    static func word<Word: FixedWidthInteger>(_ bytes: [UInt8], _ place: Int) -> Word {
        var result: Word = 0
        for index in 0..<(Word.bitWidth / 8) { result = result << 8 | Word(bytes[place + index]) }
        return result
    }

    static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        stride(from: Word.bitWidth - 8, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: word >> Word($0))
        }
    }
}
