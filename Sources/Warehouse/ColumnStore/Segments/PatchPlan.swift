import Vectors
internal import CKernels

/// A narrow frame of reference that most values of a block are in, with the others as patches.
struct PatchPlan {
    /// The least value in the frame and the bits of a value less it.
    private(set) var base: Int64 = 0
    private(set) var width = 0
    /// Where the values outside of the frame are.
    private(set) var positions: [UInt16] = []
    private(set) var patchBase: Int64 = 0
    private(set) var patchWidth = 0
    /// The bytes of the packed values, the patches and what the head says of them.
    private(set) var byteCount = 0

    init() {}

    /// The best frame found, if it takes fewer bytes than `limit`.
    init?(_ values: UnsafePointer<Int64>, _ count: Int, min: Int64, max: Int64, under limit: Int) {
        let center = Self.median(values, count)
        let reachable = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 65) { spread in
            th_spread(values, count, center, spread.baseAddress)
            return Self.bestReach(
                UnsafeBufferPointer(spread), count, center: center, min: min, max: max, under: limit)
        }
        guard let bits = reachable else { return nil }

        // The window reaches equally far to both sides; the frame takes what is really in it.
        let reach = (UInt64(1) << UInt64(bits)) - 1
        let low = UInt64(bitPattern: center &- min) > reach ? center &- Int64(bitPattern: reach) : min
        let high = UInt64(bitPattern: max &- center) > reach ? center &+ Int64(bitPattern: reach) : max
        var least: Int64 = 0
        var most: Int64 = 0
        th_window(values, count, low, high, &least, &most)
        base = least
        width = bitWidth(UInt64(bitPattern: most &- least))
        let range = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
        positions = [UInt16](unsafeUninitializedCapacity: count) { buffer, found in
            found = th_outside(values, count, least, range, buffer.baseAddress)
        }
        guard let first = positions.first else { return nil }
        patchBase = values[Int(first)]
        var top = patchBase
        for position in positions {
            patchBase = Swift.min(patchBase, values[Int(position)])
            top = Swift.max(top, values[Int(position)])
        }
        patchWidth = byteWidth(UInt64(bitPattern: top &- patchBase))
        byteCount = 9 + SegmentFormat.packedBytes(count, width: width) + positions.count * (2 + patchWidth)
        if byteCount >= limit { return nil }
    }

    /// About the middle one of the values.
    private static func median(_ values: UnsafePointer<Int64>, _ count: Int) -> Int64 {
        withTemporaryMemory(of: Int64.self, capacity: 15) { sample in
            let step = Swift.max(1, count / 15)
            var taken = 0
            var row = step / 2
            while row < count, taken < 15 {
                let value = values[row]
                var slot = taken
                while slot > 0, sample[slot - 1] > value {
                    sample[slot] = sample[slot - 1]
                    slot -= 1
                }
                sample[slot] = value
                taken += 1
                row += step
            }
            return taken == 0 ? values[0] : sample[taken / 2]
        }
    }

    /// How many bits of distance from the center the frame should take in.
    private static func bestReach(
        _ spread: UnsafeBufferPointer<UInt32>, _ count: Int, center: Int64, min: Int64, max: Int64,
        under limit: Int
    ) -> Int? {
        let below = UInt64(bitPattern: center &- min)
        let above = UInt64(bitPattern: max &- center)
        let patchBytes = 2 + byteWidth(UInt64(bitPattern: max &- min))
        var outside = 0
        var best: Int?
        var bestBytes = limit
        for bits in stride(from: 63, through: 0, by: -1) {
            outside += Int(spread[bits + 1])
            if outside == 0 { continue }
            if outside * 3 > limit { break }
            let reach = (UInt64(1) << UInt64(bits)) - 1
            let width = bitWidth(Swift.min(reach, below) &+ Swift.min(reach, above))
            let bytes = 9 + SegmentFormat.packedBytes(count, width: width) + outside * patchBytes
            if bytes < bestBytes {
                bestBytes = bytes
                best = bits
            }
        }
        return best
    }
}
