import SQLiteKit
import TestSupport
import Testing

@testable import Warehouse

@Suite struct RoundingTests {
    /// The decimal that is written, half away from zero.
    @Test(
        arguments: [
            (272.255, 2, 272.26), (311.775, 2, 311.78), (1.005, 2, 1.01), (2.675, 2, 2.68), (0.125, 2, 0.13),
            (-0.125, 2, -0.13), (272.2549999, 2, 272.25), (0.00005, 4, 0.0001), (-0.00005, 4, -0.0001),
            (0.00004999, 4, 0.0), (1e-9, 2, 0), (167.41, 2, 167.41), (5, 0, 5), (0.5, 0, 1), (1.5, 0, 2),
            (2.5, 0, 3),
            (1e15, 2, 1e15), (9_007_199_254_740_992, 2, 9_007_199_254_740_992), (1250, -2, 1300),
            (1249, -2, 1200),
        ] as [(Double, Int64, Double)])
    func roundsTheDecimal(value: Double, places: Int64, expected: Double) {
        #expect(DecimalRounding.round(value, places: places) == expected)
    }

    /// Against arithmetic on the digits alone.
    @Test func agreesWithDigitArithmetic() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<50_000 {
            let digits = Int.random(in: 0...99_999_999, using: &generator)
            let value = Double(digits) / 1000
            #expect(DecimalRounding.round(value, places: 2) == Double((digits + 5) / 10) / 100, "\(value)")
        }
    }

    @Test func infinityAndNotANumberStay() {
        #expect(DecimalRounding.round(.infinity, places: 2) == .infinity)
        #expect(DecimalRounding.round(.nan, places: 2).isNaN)
    }

    @Test func theDeviationIsOfThePopulation() throws {
        let directory = try TemporaryDirectory()
        let warehouse = try Warehouse(path: directory.file("w.db"), access: .readWrite)
        let rows = try warehouse.connection.rows(
            "SELECT stddev_pop(column1) FROM (VALUES (2), (4), (4), (4), (5), (5), (7), (9), (NULL))")
        #expect(rows == [[.real(2)]])
        #expect(
            try warehouse.connection.rows(
                "SELECT stddev_pop(1e9 + column1) FROM (VALUES (4), (7), (13), (16))") == [
                    [.real(22.5.squareRoot())]
                ])
        #expect(
            try warehouse.connection.rows("SELECT round(2.675, 2), round(NULL, 2)") == [[.real(2.68), .null]])
    }
}
