import CivilTime
internal import Vectors

/// Dates and times as SQLite's own functions read them.
enum TemporalCell {
    /// The bytes of the longest text.
    static let bytesMax = 64

    /// Writes a value to memory for `bytesMax` bytes; returns how many there are.
    static func write(_ value: Int64, _ form: ColumnCells.Form, _ target: UnsafeMutablePointer<UInt8>) -> Int
    {
        switch form {
        case .date: return date(value, target)
        case .time: return time(value, target)
        case .timestampLTZ: return zone(0, target, at: timestamp(value, target))
        case .timestampTZ:
            let offset = TimestampTZ.offsetMinutes(value)
            let local = TimestampTZ.utcMicroseconds(value) + Int64(offset) * 60_000_000
            return zone(offset, target, at: timestamp(local, target))
        default: return timestamp(value, target)
        }
    }

    private static func timestamp(_ microseconds: Int64, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        let (days, rest) = Calendar.floorDivide(microseconds, by: Calendar.microsecondsPerDay)
        let count = date(days, target)
        target[count] = UInt8(ascii: " ")
        return count + 1 + time(rest, target + count + 1)
    }

    private static func date(_ days: Int64, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        guard TemporalBound.days.contains(days) else {
            var text = TemporalText.date(days)
            return text.withUTF8 { bytes in
                for (place, byte) in bytes.enumerated() { target[place] = byte }
                return bytes.count
            }
        }
        let (year, month, day) = Calendar.date(days: days)
        put(year, 4, target)
        target[4] = UInt8(ascii: "-")
        put(month, 2, target + 5)
        target[7] = UInt8(ascii: "-")
        put(day, 2, target + 8)
        return 10
    }

    /// Microseconds of a day, with 0, 3 or 6 digits of the second's fraction.
    private static func time(_ microseconds: Int64, _ target: UnsafeMutablePointer<UInt8>) -> Int {
        let seconds = Int(microseconds / 1_000_000)
        let fraction = Int(microseconds % 1_000_000)
        put(seconds / 3600, 2, target)
        target[2] = UInt8(ascii: ":")
        put(seconds / 60 % 60, 2, target + 3)
        target[5] = UInt8(ascii: ":")
        put(seconds % 60, 2, target + 6)
        if fraction == 0 { return 8 }
        target[8] = UInt8(ascii: ".")
        if fraction % 1000 == 0 {
            put(fraction / 1000, 3, target + 9)
            return 12
        }
        put(fraction, 6, target + 9)
        return 15
    }

    /// `+HH:MM` behind what is there; returns where it ends.
    private static func zone(_ minutes: Int, _ target: UnsafeMutablePointer<UInt8>, at start: Int) -> Int {
        target[start] = minutes < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
        put(abs(minutes) / 60, 2, target + start + 1)
        target[start + 3] = UInt8(ascii: ":")
        put(abs(minutes) % 60, 2, target + start + 4)
        return start + 6
    }

    @inline(__always)
    private static func put(_ value: Int, _ width: Int, _ target: UnsafeMutablePointer<UInt8>) {
        var rest = value
        for place in stride(from: width - 1, through: 0, by: -1) {
            target[place] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
        }
    }
}
