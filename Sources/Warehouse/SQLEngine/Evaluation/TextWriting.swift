import CivilTime
import JSON
import Vectors

/// Writes values as text straight into memory, as Snowflake shows them by default.
package enum TextWriting {
    package typealias Target = UnsafeMutablePointer<UInt8>

    /// More than any of the texts here needs, in bytes.
    package static let lengthMax = 64

    /// `value` times 10^-scale, all `scale` digits; gives the number of bytes.
    package static func decimal(_ value: Int64, scale: Int, into target: Target) -> Int {
        var magnitude = value.magnitude
        var length = digitCount(magnitude)
        if length <= scale { length = scale + 1 }
        length += (scale > 0 ? 1 : 0) + (value < 0 ? 1 : 0)
        var place = length
        if scale > 0 {
            for _ in 0..<scale {
                place -= 1
                target[place] = UInt8(truncatingIfNeeded: magnitude % 10) &+ 0x30
                magnitude /= 10
            }
            place -= 1
            target[place] = 0x2E
        }
        let first = value < 0 ? 1 : 0
        while place > first {
            place -= 1
            target[place] = UInt8(truncatingIfNeeded: magnitude % 10) &+ 0x30
            magnitude /= 10
        }
        if value < 0 { target[0] = 0x2D }
        return length
    }

    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var power: UInt64 = 10
        while count < 20, value >= power {
            count += 1
            let (next, overflow) = power.multipliedReportingOverflow(by: 10)
            if overflow { break }
            power = next
        }
        return count
    }

    /// A FLOAT held as a decimal, as the double it stands for is written.
    package static func decimalFloat(_ value: Int64, scale: Int, into target: Target) -> Int {
        var (value, scale) = (value, scale)
        while scale > 0, value % 10 == 0 { (value, scale) = (value / 10, scale - 1) }
        // Within these limits a double's shortest text has the same digits, and no exponent.
        let isPlain = value.magnitude < 1_000_000_000_000_000 && scale <= 18
        if isPlain, scale < 4 || value.magnitude >= UInt64(DecimalMath.powers64[scale - 4]) || value == 0 {
            return decimal(value, scale: scale, into: target)
        }
        return float(Double(value) / decimalPower(scale), into: target)
    }

    package static func float(_ value: Double, into target: Target) -> Int {
        copy(JSONText.number(value), into: target)
    }

    /// A number of a VARIANT that is held as a double, with the digits that JSON's numbers have.
    package static func jsonNumber(_ value: Double, into target: Target) -> Int {
        copy(JSONText.canonical(value), into: target)
    }

    private static func copy(_ text: String, into target: Target) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            for index in 0..<min(bytes.count, lengthMax) { target[index] = bytes[index] }
            return min(bytes.count, lengthMax)
        }
    }

    @inline(__always)
    private static func pair(_ value: Int, _ target: Target) {
        target[0] = UInt8(truncatingIfNeeded: value / 10) &+ 0x30
        target[1] = UInt8(truncatingIfNeeded: value % 10) &+ 0x30
    }

    /// `YYYY-MM-DD`.
    package static func date(_ days: Int64, into target: Target) -> Int {
        let (year, month, day) = Calendar.date(days: days)
        guard 0...9999 ~= year else { return copy(TemporalText.date(days), into: target) }
        pair(year / 100, target)
        pair(year % 100, target + 2)
        target[4] = 0x2D
        pair(month, target + 5)
        target[7] = 0x2D
        pair(day, target + 8)
        return 10
    }

    /// `HH:MM:SS` and `fraction` digits of the fraction of a second, 0 to 6; more digits than these are
    /// dropped.
    package static func time(_ microseconds: Int64, fraction: Int, into target: Target) -> Int {
        let seconds = Int(microseconds / 1_000_000)
        pair(seconds / 3600, target)
        target[2] = 0x3A
        pair(seconds / 60 % 60, target + 3)
        target[5] = 0x3A
        pair(seconds % 60, target + 6)
        guard fraction > 0 else { return 8 }
        target[8] = 0x2E
        var rest = Int(microseconds % 1_000_000)
        for place in stride(from: 14, to: 8, by: -1) {
            if place <= 8 + fraction { target[place] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30 }
            rest /= 10
        }
        return 9 + fraction
    }

    /// `YYYY-MM-DD HH:MM:SS` with `fraction` digits, of a wall-clock time.
    package static func timestamp(_ local: Int64, fraction: Int, into target: Target) -> Int {
        let (days, rest) = Calendar.floorDivide(local, by: Calendar.microsecondsPerDay)
        let length = date(days, into: target)
        target[length] = 0x20
        return length + 1 + time(rest, fraction: fraction, into: target + length + 1)
    }

    /// ` +HHMM`, behind a timestamp.
    package static func zone(_ minutes: Int, into target: Target) -> Int {
        target[0] = 0x20
        target[1] = minutes < 0 ? 0x2D : 0x2B
        pair(abs(minutes) / 60, target + 2)
        pair(abs(minutes) % 60, target + 4)
        return 6
    }
}
