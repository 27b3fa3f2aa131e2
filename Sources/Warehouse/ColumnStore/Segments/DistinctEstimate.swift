internal import Vectors

/// About how many different integers there are, from a sample.
enum DistinctEstimate {
    private static let sampleMax = 4096

    /// - Parameter runs: how many runs of equal values there are, which bounds the answer.
    static func count(_ values: UnsafePointer<Int64>, rows: Int, runs: Int) -> Int {
        guard rows > 0 else { return 0 }
        if runs <= 1 { return runs }
        let step = max(1, (rows + sampleMax - 1) / sampleMax)
        let sampled = (rows + step - 1) / step
        // Open addressing with one number a slot: how often a value has come, 0 for a free slot.
        let slots = 4 * sampleMax
        var keys = [Int64](repeating: 0, count: slots)
        var counts = [UInt16](repeating: 0, count: slots)
        var distinct = 0
        var singles = 0
        for index in 0..<sampled {
            let value = values[index * step]
            var slot = Int(truncatingIfNeeded: StringHash.hash(UInt64(bitPattern: value))) & (slots - 1)
            while counts[slot] > 0, keys[slot] != value { slot = (slot + 1) & (slots - 1) }
            if counts[slot] == 0 {
                keys[slot] = value
                distinct += 1
                singles += 1
            } else if counts[slot] == 1 {
                singles -= 1
            }
            counts[slot] += 1
        }
        if step == 1 { return distinct }
        // The jackknife of Haas and Stokes: values seen once tell how many have not been seen.
        let size = Double(sampled)
        let estimate =
            size * Double(distinct) / (size - Double(singles) + Double(singles) * size / Double(rows))
        return min(runs, max(distinct, Int(min(estimate, Double(rows)))))
    }
}
