/// SHA-224 (FIPS 180-4), which swift-crypto has not: SHA-256 from another state, cut short.
enum SHA224 {
    /// The 28 bytes of the digest.
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state = initial
        var words = [UInt32](repeating: 0, count: 64)
        let padded = padded(message)
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
        return Array(state.flatMap { bytes($0) }[..<28])
    }

    @inline(__always)
    private static func advance(
        _ s: inout [UInt32], _ sum0: UInt32, _ sum1: UInt32, _ constant: UInt32, _ word: UInt32
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
    private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value >> count | value << (32 - count)
    }

    // MARK: Constants

    private static let primes: [UInt64] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
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

    private static let constants = roots64(primes[..<64], .three).map { UInt32($0 >> 32) }
    /// The second halves of the words with which SHA-384 begins.
    private static let initial = roots64(primes[8..<16], .two).map { UInt32(truncatingIfNeeded: $0) }

    // MARK: Bytes

    /// The message, a one bit, zeros and the number of its bits.
    private static func padded(_ message: [UInt8]) -> [UInt8] {
        var result = message
        result.append(0x80)
        while result.count % 64 != 56 { result.append(0) }
        return result + bytes(UInt64(message.count) * 8)
    }

    private static func word(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        stride(from: Word.bitWidth - 8, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: word >> Word($0))
        }
    }
}
