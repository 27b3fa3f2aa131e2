import Vectors

/// Integers in as few bytes as their range needs: differences from the smallest, 0, 1, 2, 4 or 8 bytes each.
package enum NarrowIntegers {
    /// The smallest and the largest of the values that are not NULL; `nil` where there are none.
    package static func range(
        _ values: UnsafePointer<Int64>, validity: UnsafePointer<UInt8>?, count: Int
    ) -> (least: Int64, greatest: Int64)? {
        var least = Int64.max
        var greatest = Int64.min
        if let validity {
            for row in 0..<count {
                let isValid = validity[row] != 0
                least = min(least, isValid ? values[row] : Int64.max)
                greatest = max(greatest, isValid ? values[row] : Int64.min)
            }
        } else {
            (least, greatest) = IntegerKernels.range(values, count: count)
        }
        return least <= greatest ? (least, greatest) : nil
    }

    /// The same for 128 bits.
    package static func range(
        _ values: UnsafePointer<Int128>, validity: UnsafePointer<UInt8>?, count: Int
    ) -> (least: Int128, greatest: Int128)? {
        var least = Int128.max
        var greatest = Int128.min
        for row in 0..<count where validity.map({ $0[row] != 0 }) ?? true {
            least = min(least, values[row])
            greatest = max(greatest, values[row])
        }
        return least <= greatest ? (least, greatest) : nil
    }

    /// The bytes that differences up to `spread` need.
    @inline(__always)
    package static func width(_ spread: UInt64) -> Int {
        switch spread {
        case 0: 0
        case 1...0xFF: 1
        case 0x100...0xFFFF: 2
        case 0x1_0000...0xFFFF_FFFF: 4
        default: 8
        }
    }

    /// Writes `count` differences from `base`. Those of values out of range are cut off.
    package static func pack<Value: FixedWidthInteger>(
        _ values: UnsafePointer<Value>, count: Int, base: Value, width: Int,
        to target: UnsafeMutableRawPointer
    ) {
        switch width {
        case 0: break
        case 1: packed(values, count, base, target.assumingMemoryBound(to: UInt8.self))
        case 2: packed(values, count, base, target.assumingMemoryBound(to: UInt16.self))
        case 4: packed(values, count, base, target.assumingMemoryBound(to: UInt32.self))
        default: packed(values, count, base, target.assumingMemoryBound(to: UInt64.self))
        }
    }

    @inline(__always)
    private static func packed<Value: FixedWidthInteger, Narrow: FixedWidthInteger>(
        _ values: UnsafePointer<Value>, _ count: Int, _ base: Value, _ target: UnsafeMutablePointer<Narrow>
    ) {
        for row in 0..<count { target[row] = Narrow(truncatingIfNeeded: values[row] &- base) }
    }

    /// Reads what `pack` wrote; `source` is aligned to the width.
    package static func unpack<Value: FixedWidthInteger>(
        _ source: UnsafeRawPointer, count: Int, base: Value, width: Int,
        to target: UnsafeMutablePointer<Value>
    ) {
        switch width {
        case 0: target.initialize(repeating: base, count: count)
        case 1: unpacked(source.assumingMemoryBound(to: UInt8.self), count, base, target)
        case 2: unpacked(source.assumingMemoryBound(to: UInt16.self), count, base, target)
        case 4: unpacked(source.assumingMemoryBound(to: UInt32.self), count, base, target)
        default: unpacked(source.assumingMemoryBound(to: UInt64.self), count, base, target)
        }
    }

    @inline(__always)
    private static func unpacked<Value: FixedWidthInteger, Narrow: FixedWidthInteger>(
        _ source: UnsafePointer<Narrow>, _ count: Int, _ base: Value, _ target: UnsafeMutablePointer<Value>
    ) {
        for row in 0..<count { target[row] = base &+ Value(truncatingIfNeeded: source[row]) }
    }
}
