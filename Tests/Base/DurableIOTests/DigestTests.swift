import TestSupport
import Testing

@testable import DurableIO

@Suite struct DigestTests {
    @Test func crc32cMatchesItsCheckValue() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test func crc32cOfPiecesEqualsThatOfTheWhole() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        for cut in [0, 1, 7, 8, 500, 999, 1000] {
            let first = bytes[..<cut].withUnsafeBytes { CRC32C.checksum($0) }
            let both = bytes[cut...].withUnsafeBytes { CRC32C.checksum($0, seed: first) }
            #expect(both == CRC32C.checksum(bytes), "cut at \(cut)")
        }
    }

    /// The instruction's three streams are joined at blocks of 256 and 4096 bytes.
    @Test func crc32cByTablesAndByInstructionAgree() {
        var random = SeededGenerator(seed: 1)
        let bytes = (0..<40_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        for count in Array(0..<1000) + [3071, 3072, 3073, 12_287, 12_288, 12_289, 25_000, 40_000] {
            for seed: UInt32 in [0, 0xDEAD_BEEF] {
                bytes.prefix(count).withUnsafeBytes {
                    #expect(
                        CRC32C.checksum($0, seed: seed) == CRC32C.portableChecksum($0, seed: seed), "\(count)"
                    )
                }
            }
        }
    }

    /// The check values of the catalogue of CRCs; and, at every length around those at which folding begins and
    /// joins, the definition, bit by bit.
    @Test func crcsAreThoseOfTheirPolynomials() {
        let check = Array("123456789".utf8)
        #expect(check.withUnsafeBytes { CRC32.checksum($0) } == 0xCBF4_3926)
        #expect(check.withUnsafeBytes { CRC64NVME.checksum($0) } == 0xAE8B_1486_0A79_9888)
        var random = SeededGenerator(seed: 5)
        let bytes = (0..<3000).map { _ in UInt8.random(in: 0...255, using: &random) }
        func slow(_ bytes: ArraySlice<UInt8>, _ polynomial: UInt64, _ ones: UInt64) -> UInt64 {
            bytes.reduce(ones) { crc, byte in
                (0..<8).reduce(crc ^ UInt64(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? polynomial : 0) }
            } ^ ones
        }
        for count in Array(0..<40) + Array(500..<540) + Array(760..<790) + [1023, 1024, 1025, 2999, 3000] {
            let piece = bytes.prefix(count)
            let (first, rest) = (piece.prefix(count / 3), piece.dropFirst(count / 3))
            let crc32 = rest.withUnsafeBytes { rest in
                CRC32.checksum(rest, seed: first.withUnsafeBytes { CRC32.checksum($0) })
            }
            #expect(UInt64(crc32) == slow(piece, 0xEDB8_8320, 0xFFFF_FFFF), "\(count)")
            let crc64 = rest.withUnsafeBytes { rest in
                CRC64NVME.checksum(rest, seed: first.withUnsafeBytes { CRC64NVME.checksum($0) })
            }
            #expect(crc64 == slow(piece, 0x9A6C_9329_AC4B_C9B5, .max), "\(count)")
        }
    }

    /// RFC 1321, A.5.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
    ])
    func md5MatchesTheStandard(text: String, expected: String) {
        let whole = Array(text.utf8).withUnsafeBytes { MD5.digest($0) }
        #expect(whole.hexadecimal == expected)
        var pieces = MD5()
        for byte in text.utf8 { [byte].withUnsafeBytes { pieces.update($0) } }
        #expect(pieces.finalize().hexadecimal == expected)
    }

    /// The self-test of MinIO's cmd/bitrot.go: 32 times, hash all hashes so far.
    @Test func highwayHashPassesMinIOsSelfTest() {
        var message: [UInt8] = []
        var last: [UInt8] = []
        for _ in 0..<32 {
            last = message.withUnsafeBytes { HighwayHash.hash($0) }
            message += last
        }
        #expect(last.hexadecimal == "39c0407ed3f01b18d22c85db4aeff11e060ca5f43131b0126731ca197cd42313")
    }

    /// Computed with PyPI's highwayhash-cffi and xxhash, of the bytes i * 131 + 7 modulo 256, folded over
    /// every length from 0 to 600.
    @Test func hashesOfEveryLengthMatchOtherImplementations() {
        var highway: UInt64 = 0
        var xx64: UInt64 = 0
        var xx3: UInt64 = 0
        for count in 0...600 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 131 + 7) }
            let hash = bytes.withUnsafeBytes { HighwayHash.hash($0) }
            let word = hash.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            highway = highway &* 31 &+ word
            xx64 = xx64 &* 31 &+ XXH64.hash(bytes)
            xx3 = xx3 &* 31 &+ XXH3.hash(bytes)
        }
        #expect(highway == 0xCA71_7F73_404C_69C0)
        #expect(xx64 == 0x0671_091B_B990_C9D3)
        #expect(xx3 == 0x1967_FB55_EE20_BE52)
    }

    @Test func longInputsHashLikeOtherImplementations() {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 131 + 7) }
        #expect(XXH3.hash(bytes) == 0x14CE_8D6F_C2C4_868B)
        #expect(XXH64.hash(bytes) == 0xC2BD_8810_3286_56CF)
    }
}
