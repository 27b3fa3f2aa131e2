import SQLiteKit

/// ROUND as it is meant: of the decimal number that is written, half away from zero.
///
/// A double such as 2.675 is a little less than what it was written as, so arithmetic alone rounds it down,
/// and SQLite itself does so from some version on. Here the shortest decimal that names the double decides.
enum DecimalRounding {
    static func round(_ value: Double, places: Int64) -> Double {
        guard value.isFinite, places >= -308 else { return places < -308 ? 0 : value }
        guard (0...15).contains(places) else {
            return places < 0 ? round(value / power(-places), places: 0) * power(-places) : value
        }
        let scale = power(places)
        let scaled = value.magnitude * scale
        guard scaled < 4e15 else { return value }
        let floor = scaled.rounded(.down)
        let fraction = scaled - floor
        // Only a fraction within the error of the multiplication of one half needs the digits.
        guard abs(fraction - 0.5) < 1e-6 else {
            let rounded = (fraction < 0.5 ? floor : floor + 1) / scale
            return value < 0 ? -rounded : rounded
        }
        let rounded = (halfIsReached(value.magnitude, places: Int(places)) ? floor + 1 : floor) / scale
        return value < 0 ? -rounded : rounded
    }

    private static func power(_ exponent: Int64) -> Double {
        (0..<min(exponent, 308)).reduce(1.0) { power, _ in power * 10 }
    }

    /// Whether the digit behind the last one kept is 5 or more, in the shortest decimal that names the value.
    private static func halfIsReached(_ magnitude: Double, places: Int) -> Bool {
        let text = Array("\(magnitude)".utf8)
        let exponentMark = text.firstIndex(of: UInt8(ascii: "e"))
        let exponent = exponentMark.flatMap { Int(String(decoding: text[($0 + 1)...], as: UTF8.self)) } ?? 0
        let mantissa = text[..<(exponentMark ?? text.count)]
        let point = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mantissa.count
        let digits = mantissa.filter { $0 != UInt8(ascii: ".") }
        let index = point + exponent + places
        return digits.indices.contains(index) && digits[index] >= UInt8(ascii: "5")
    }
}

/// STDDEV_POP: the square root of the mean square distance from the mean, by Welford's method.
struct PopulationDeviation: NumberAggregate {
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        let distance = value - mean
        mean += distance / count
        squares += distance * (value - mean)
    }

    var result: Double? { count > 0 ? (squares / count).squareRoot() : nil }
}
