import JSON
import ColumnStore
import Testing
import Vectors

@Suite struct SegmentDamageTests {
    private static func samples() -> [Vector] {
        var random = SeededGenerator(seed: 21)
        var vectors = (0..<RandomVectors.shapes).map { RandomVectors.shaped(1100, $0, &random) }
        vectors += [
            RandomVectors.doubles(300) { Double($0) / 100 },
            RandomVectors.doubles(9000) { 1 / Double($0 + 1) },
            RandomVectors.wide(100) { integerPower(37) + Int128($0) },
            RandomVectors.wide(10) { $0 % 2 == 0 ? 1 << 120 : 0 },
            RandomVectors.strings((0..<200).map { "value \($0 % 20)" }),
            RandomVectors.strings((0..<200).map { "value number \($0)" }),
            RandomVectors.bools(100) { $0 % 3 == 0 },
            RandomVectors.withStates(RandomVectors.integers(1100) { Int64($0) }) {
                UInt8($0 % 5 == 0 ? 0 : 1)
            },
        ]
        return vectors
    }

    /// Decodes what can be decoded; anything but an error that says so is a failure of the process itself.
    private func tryToRead(_ bytes: [UInt8]) -> [RowValue]? {
        let segment = bytes.withUnsafeBytes { SegmentBytes(copying: $0) }
        guard let reader = try? SegmentReader(segment) else { return nil }
        for block in 0..<reader.blockCount { _ = try? reader.bounds(block: block) }
        return (try? reader.read(.variant, from: 0, count: reader.rows)).map(RowValue.all)
    }

    private func sealed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        // CRC-32C, bit by bit.
        var checksum = UInt32.max
        for byte in bytes.dropFirst(8) {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        checksum = ~checksum
        for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        return bytes
    }

    @Test func everyFlippedByteIsFound() throws {
        for vector in Self.samples() {
            let segment = try SegmentEncoder().encode(vector)
            let bytes = segment.bytes.array
            for index in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 400)) {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(index % 8)
                #expect(tryToRead(flipped) == nil, "byte \(index) of \(vector.layout)")
            }
            for count in [0, 7, 8, 47, 48, bytes.count / 2, bytes.count - 1] {
                #expect(tryToRead(Array(bytes.prefix(count))) == nil)
            }
        }
    }

    @Test func bytesThatAreSealedButWrongDoNotCrash() throws {
        var random = SeededGenerator(seed: 22)
        for vector in Self.samples() {
            let bytes = try SegmentEncoder().encode(vector).bytes.array
            for _ in 0..<300 {
                var damaged = bytes
                for _ in 0...Int.random(in: 0...3, using: &random) {
                    // Heads are where damage matters most.
                    let end = Bool.random(using: &random) ? min(bytes.count, 88) : bytes.count
                    damaged[Int.random(in: 8..<end, using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                }
                if Bool.random(using: &random) {
                    damaged.removeLast(Int.random(in: 0..<(bytes.count - 48), using: &random))
                }
                _ = tryToRead(sealed(damaged))
            }
        }
    }

    @Test func randomBytesThatAreSealedDoNotCrash() {
        var random = SeededGenerator(seed: 23)
        for _ in 0..<3000 {
            var bytes = (0..<Int.random(in: 48...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            bytes.replaceSubrange(0..<4, with: Array("THS1".utf8))
            bytes[8] = UInt8.random(in: 0...4, using: &random)
            bytes[9] &= 15
            bytes[10] &= 15
            // Sections that add up, so that more than the head is looked at.
            var left = bytes.count - 48
            for section in 0..<4 {
                let size = section == 3 ? left : Int.random(in: 0...left, using: &random)
                left -= size
                for index in 0..<4 {
                    bytes[16 + 4 * section + index] = UInt8(truncatingIfNeeded: size >> (8 * index))
                }
            }
            for index in 13..<16 { bytes[index] = 0 }
            for index in 33..<36 { bytes[index] = 0 }
            for index in 37..<48 { bytes[index] = 0 }
            bytes[40] = bytes[8] == 1 ? UInt8.random(in: 1...3, using: &random) : 1
            _ = tryToRead(sealed(bytes))
        }
    }
}
