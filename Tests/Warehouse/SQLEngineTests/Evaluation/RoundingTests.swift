import JSON
import SQLEngine
import TestSupport
import Testing
import Vectors

@Suite struct DecimalRoundingTests {
    @Test(
        arguments: [
            (272.255, 2, 272.26), (1.005, 2, 1.01), (2.675, 2, 2.68), (-0.125, 2, -0.13),
            (272.2549999, 2, 272.25),
            (0.00004999, 4, 0), (1e-9, 2, 0), (5, 0, 5), (0.5, 0, 1), (2.5, 0, 3), (1e15, 2, 1e15),
            (9_007_199_254_740_992, 2, 9_007_199_254_740_992), (1250, -2, 1300), (1249, -2, 1200),
            (1e300, -299, 1e300),
            (4e-300, 299, 0), (6e-300, 299, 1e-299), (0.49999999999999994, 0, 0), (.infinity, 2, .infinity),
            (5, -400, 0),
        ] as [(Double, Int, Double)])
    func roundsDoubles(value: Double, places: Int, expected: Double) throws {
        #expect(try Rows.double(Rounding.round(Rows.floats([value]), places: places)) == expected)
    }

    /// The value is written the same way as a double, a decimal FLOAT and a NUMBER.
    @Test func allFormsAgree() throws {
        var generator = SeededGenerator(seed: 46)
        for _ in 0..<4000 {
            let (scale, places) = (
                Int.random(in: 0...6, using: &generator), Int.random(in: -3...7, using: &generator)
            )
            let units = Int64.random(in: -9_999_999...9_999_999, using: &generator)
            let decimal = Rows.raw([units], .float, scale: scale)
            let number = Rows.raw([units], .decimal(18, scale), scale: scale)
            for mode in [Rounding.Mode.halfAwayFromZero, .towardZero, .down, .up] {
                let double = Rows.double(try Rounding.apply(mode, decimal.asDoubles(), places: places))
                let first = try Rounding.apply(mode, decimal, places: places)
                let second = try Rounding.apply(mode, number, places: places)
                #expect(
                    second.type == Rounding.resultType(number.type, places: places)
                        && second.scale == second.type.scale)
                let wide = try Rounding.apply(mode, number.widened(), places: places)
                #expect(wide.scalar(at: 0) == second.scalar(at: 0))
                #expect(Rows.double(first) == double, "\(units)e-\(scale) \(mode) \(places)")
                #expect(Rows.double(second) == double)
                let each = Rows.integers([Int64(places)], .integer)
                #expect(try Rows.double(Rounding.apply(mode, number, places: each)) == double)
                #expect(try Rows.double(Rounding.apply(mode, decimal, places: each)) == double)
            }
        }
    }

    /// The arithmetic of doubles that whole batches of decimals are rounded with, against division of
    /// integers.
    @Test func roundsDecimalsExactly() throws {
        var generator = SeededGenerator(seed: 47)
        for dropped in 1...12 {
            let power = DecimalMath.powers64[dropped]
            var values: [Int64] = [0, 1, -1, (1 << 50) - 1, -(1 << 50) + 1]
            for _ in 0..<2000 {
                let whole =
                    Int64.random(in: 0..<(1 << 50), using: &generator)
                    >> Int64.random(in: 0...45, using: &generator)
                let half = whole / power * power + power / 2
                values += [whole, -whole, half, -half, half - 1, 1 - half, half + 1].filter {
                    $0.magnitude < 1 << 50
                }
            }
            let result = try Rounding.round(Rows.raw(values, .float, scale: 12), places: 12 - dropped)
            for (row, value) in values.enumerated() {
                #expect(
                    result.int64s[row] == DecimalMath.divideRounded(value, by: power), "\(value) by \(power)")
            }
        }
    }

    /// Halves and their neighbours as a batch, against the digits of each.
    @Test func roundsHalvesInBatches() throws {
        var generator = SeededGenerator(seed: 48)
        for places in 0...8 {
            let values = (0..<4000).flatMap { _ in
                let units =
                    Int64.random(in: 0..<1_000_000_000, using: &generator)
                    >> Int64.random(in: 0...28, using: &generator)
                let half = Double(units * 10 + 5) / Double(DecimalMath.powers64[places + 1])
                return [half, -half, half.nextUp, half.nextDown, -half.nextDown]
            }
            let result = try Rounding.round(Rows.floats(values), places: places)
            for (row, value) in values.enumerated() {
                var text = "\(value)"
                let decimal = text.withUTF8 { TextParsing.number($0, precision: 38, scale: places) }
                let expected = Double(try #require(decimal)) / decimalPower(places)
                #expect(result.doubles[row] == expected, "\(value)")
            }
        }
    }

    @Test func keepsCloseToWholeNumbers() throws {
        // 1.1 times 10 is more than 11 as doubles.
        #expect(try Rows.double(Rounding.ceil(Rows.floats([1.1, -1.1, 1.15]), places: 1)) == 1.1)
        #expect(try Rows.double(Rounding.floor(Rows.floats([-1.1]), places: 1)) == -1.1)
        #expect(try Rows.double(Rounding.truncate(Rows.floats([0.29]), places: 2)) == 0.29)
        #expect(Rows.shown(try Rounding.round(Rows.floats([-0.001, nil]), places: 2)) == ["0", "NULL"])
    }

    @Test func typesOfResults() throws {
        #expect(Rounding.resultType(.decimal(5, 3), places: 1) == .decimal(4, 1))
        #expect(Rounding.resultType(.decimal(5, 3), places: 4) == .decimal(5, 3))
        #expect(Rounding.resultType(.decimal(3, 0), places: -1) == .decimal(4, 0))
        #expect(Rounding.resultType(.float, places: 2) == .float)
        let most = Rows.vector([.number(DecimalMath.powers[38] - 1, scale: 0)], .integer)
        #expect(Rows.message { _ = try Rounding.round(most, places: -1) }?.hasPrefix("Number out of") == true)
        #expect(
            Rows.shown(try Rounding.truncate(most, places: -37)) == ["9" + String(repeating: "0", count: 37)])
    }
}
