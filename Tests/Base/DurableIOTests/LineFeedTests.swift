import DurableIO
import TestSupport
import Testing

@Suite struct LineFeedTests {
    /// Lines of 0 to 300 bytes, so that blocks and rounds of the kernel begin anywhere.
    @Test(arguments: 0..<24)
    func countsAreThoseOfALoop(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func below(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &random) }
        var bytes: [UInt8] = []
        let size = below(60_000)
        while bytes.count < size {
            bytes += (0..<below(300)).map { _ in UInt8(below(256)) }
            if below(3) > 0 { bytes.append(0x0A) }
        }
        let places = bytes.indices.filter { bytes[$0] == 0x0A }
        bytes.withUnsafeBytes { buffer in
            #expect(buffer.lineFeedCount == places.count)
            for _ in 0..<40 {
                let start = below(buffer.count + 1)
                let following = places.filter { $0 >= start }
                let all = following.count
                let most = [0, 1, 7, all, all + 5, below(all + 1)][below(6)]
                let expected = following.prefix(most)
                let found = buffer.lineFeeds(from: start, most: most)
                #expect(found.count == expected.count)
                #expect(found.end == expected.last.map { $0 + 1 } ?? start)
            }
        }
    }
}
