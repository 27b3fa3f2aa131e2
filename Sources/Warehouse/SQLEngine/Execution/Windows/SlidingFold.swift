import Vectors

/// Folds the values of frames whose starts and ends only rise, each value being combined a fixed number of
/// times on average and never taken out again: sums of doubles stay as exact as if each were computed anew.
///
/// The frame is two parts. Of the left one there is a fold of each row up to the part's end, of the right one
/// a fold of all. When the frame's start passes the border, all that is left becomes the left part. Values
/// are of trivial types.
enum SlidingFold {
    /// - Parameters:
    ///   - partition: rows of one partition.
    ///   - combine: associative; `left` comes before `right`.
    ///   - give: takes the fold of each row's frame, that of an empty one being `identity`.
    @inline(__always)
    static func fold<Value: BitwiseCopyable>(
        _ bounds: FrameBounds, _ partition: Range<Int>, identity: Value, element: (Int) -> Value,
        combine: (_ left: Value, _ right: Value) -> Value, give: (Int, Value) -> Void
    ) {
        let origin = partition.lowerBound
        let folds = UnsafeMutablePointer<Value>.allocate(capacity: partition.count)
        defer { folds.deallocate() }
        var border = origin
        var reached = origin
        var right = identity
        for row in partition {
            let start = bounds.starts[row]
            let end = bounds.ends[row]
            guard start < end else {
                give(row, identity)
                continue
            }
            if start >= border {
                var fold = identity
                var place = end
                while place > start {
                    place -= 1
                    fold = combine(element(place), fold)
                    (folds + (place - origin)).initialize(to: fold)
                }
                border = end
                reached = end
                right = identity
            }
            while reached < end {
                right = combine(right, element(reached))
                reached += 1
            }
            give(row, combine(folds[start - origin], right))
        }
    }
}

/// A sum of doubles with twice their digits.
struct DoubleSum {
    var high = 0.0
    var low = 0.0
    var count = 0

    static let zero = DoubleSum()

    @inline(__always)
    static func + (left: DoubleSum, right: DoubleSum) -> DoubleSum {
        let high = left.high + right.high
        let count = left.count + right.count
        // Infinities and NaN have no rest.
        guard high.isFinite else { return DoubleSum(high: high, low: 0, count: count) }
        let part = high - left.high
        let rest = (left.high - (high - part)) + (right.high - part) + (left.low + right.low)
        let sum = high + rest
        return DoubleSum(high: sum, low: rest - (sum - high), count: count)
    }

    var value: Double { high + low }
}

/// Count, mean and the sum of squared distances from it.
struct Moments {
    var count = 0.0
    var mean = 0.0
    var squares = 0.0

    static let zero = Moments()

    @inline(__always)
    static func + (left: Moments, right: Moments) -> Moments {
        if left.count == 0 { return right }
        if right.count == 0 { return left }
        let count = left.count + right.count
        let distance = right.mean - left.mean
        let mean = left.mean + distance * (right.count / count)
        let squares = left.squares + right.squares + distance * distance * (left.count * right.count / count)
        return Moments(count: count, mean: mean, squares: squares)
    }
}
