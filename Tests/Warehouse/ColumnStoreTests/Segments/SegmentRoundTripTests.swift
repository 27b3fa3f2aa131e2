import JSON
import ColumnStore
import Testing
import Vectors

@Suite struct SegmentRoundTripTests {
    private static let counts = [0, 1, 2, 31, 32, 33, 1000, 1023, 1024, 1025, 2048, 5000]

    private func expectRoundTrip(_ vector: Vector, _ comment: Comment) throws {
        let segment = try SegmentEncoder().encode(vector)
        let reader = try SegmentReader(segment.bytes)
        #expect(reader.rows == vector.count, comment)
        #expect(segment.zone.rows == vector.count, comment)
        let expected = RowValue.all(vector)
        let whole = try reader.read(vector.type, from: 0, count: vector.count)
        #expect(RowValue.all(whole) == expected, comment)
        for start in stride(from: 0, to: vector.count, by: 1024) {
            for count in [1, 31, 500, 1024, 1500] where start + count <= vector.count {
                let part = try reader.read(vector.type, from: start, count: count)
                let values = RowValue.all(part)
                #expect(values == Array(expected[start..<(start + count)]), comment)
                if part.isConstant { #expect(Set(values).count <= 1, comment) }
            }
        }
        try expectBounds(reader, segment.zone, vector, expected, comment)
    }

    private func expectBounds(
        _ reader: SegmentReader, _ zone: ZoneMap, _ vector: Vector, _ expected: [RowValue], _ comment: Comment
    ) throws {
        #expect(zone.nulls == expected.count { $0 == .null }, comment)
        #expect(zone.jsonNulls == expected.count { $0 == .jsonNull }, comment)
        guard vector.layout == .int64, zone.layout == .int64, zone.values > 0 else { return }
        guard case .integers(let min, let max) = zone.bounds else {
            Issue.record("integers have bounds")
            return
        }
        let valid = (0..<vector.count).filter { vector.isValid($0) && vector.validity?[$0] != 2 }
        let values = valid.map { vector.int64s[$0] }
        #expect(values.min() == min && values.max() == max, comment)
        #expect(zone.sum == values.reduce(Int128(0)) { $0 + Int128($1) }, comment)
        for row in valid {
            let bounds = try #require(try reader.bounds(block: row / 1024))
            guard bounds.min <= vector.int64s[row], vector.int64s[row] <= bounds.max else {
                Issue.record("row \(row) is not within \(bounds): \(comment)")
                return
            }
        }
    }

    @Test func integersOfEveryShapeComeBack() throws {
        for seed in 1...3 {
            var random = SeededGenerator(seed: UInt64(seed))
            for shape in 0..<RandomVectors.shapes {
                for count in Self.counts {
                    let vector = RandomVectors.shaped(count, shape, &random)
                    try expectRoundTrip(vector, "shape \(shape), \(count) rows, seed \(seed)")
                    let nulls = RandomVectors.withStates(vector) { _ in Bool.random(using: &random) ? 1 : 0 }
                    try expectRoundTrip(nulls, "NULLs in shape \(shape), \(count) rows, seed \(seed)")
                }
            }
        }
    }

    @Test func everyWidthComesBack() throws {
        var random = SeededGenerator(seed: 5)
        for width in 0..<64 {
            let vector = RandomVectors.integers(1100) { _ in
                Int64(bitPattern: random.next() & (UInt64(1) << UInt64(width) &- 1)) &- 1 << 61
            }
            try expectRoundTrip(vector, "width \(width)")
            var sum: Int64 = 0
            let rising = RandomVectors.integers(1100) { _ in
                sum &+= Int64(bitPattern: random.next() >> UInt64(63 - width))
                return sum
            }
            try expectRoundTrip(rising, "deltas of width \(width)")
        }
    }

    @Test func validityOfEveryPatternComesBack() throws {
        let patterns: [(Int) -> UInt8] = [
            { _ in 0 }, { _ in 1 }, { _ in 2 }, { UInt8($0 % 2) }, { UInt8($0 % 3) }, { $0 < 1500 ? 0 : 1 },
            { $0 < 1500 ? 1 : 0 }, { $0 == 0 ? 1 : 0 }, { $0 == 1999 ? 1 : 0 }, { $0 / 1024 == 1 ? 2 : 1 },
        ]
        for (index, pattern) in patterns.enumerated() {
            let vectors = [
                RandomVectors.integers(2000, type: .variant) { Int64($0) },
                RandomVectors.doubles(2000, type: .variant) { 1 / Double($0) },
                RandomVectors.bools(2000) { $0 % 7 == 0 }.with(type: .variant),
                RandomVectors.strings((0..<2000).map { "s\($0 % 10)" }, type: .variant).with(isJSON: false),
            ]
            for vector in vectors {
                try expectRoundTrip(
                    RandomVectors.withStates(vector, pattern), "pattern \(index) of \(vector.layout)")
            }
        }
    }

    @Test func doublesComeBackToTheLastBit() throws {
        var random = SeededGenerator(seed: 9)
        let special: [Double] = [
            0, -0.0, .nan, .signalingNaN, .infinity, -.infinity, .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, 0.1, -0.1,
            1e15, 999_999_999_999_999, 1e16, 1.005, 2.675, 123456.789012345,
        ]
        for count in Self.counts {
            try expectRoundTrip(
                RandomVectors.doubles(count) { special[$0 % special.count] }, "special, \(count)")
            try expectRoundTrip(
                RandomVectors.doubles(count) { _ in Double(bitPattern: random.next()) }, "any bits, \(count)")
            for scale in 0...9 {
                let prices = RandomVectors.doubles(count) { _ in
                    Double(Int64.random(in: -99_999...99_999, using: &random)) / decimalPower(scale)
                }
                try expectRoundTrip(prices, "decimals of scale \(scale), \(count)")
                if count > 0 {
                    let zone = try SegmentEncoder().encode(prices).zone
                    #expect(zone.layout == .int64 && zone.scale <= scale)
                }
            }
        }
    }

    @Test func oneDoubleThatIsNoDecimalKeepsTheOthersExact() throws {
        for odd in [-0.0, .nan, .infinity, 1.0 / 3, 1e16, 1e-10] {
            let vector = RandomVectors.doubles(3000) { $0 == 2999 ? odd : Double($0) / 100 }
            #expect(try SegmentEncoder().encode(vector).zone.layout == .double)
            try expectRoundTrip(vector, "\(odd)")
        }
        // The scale rises in the middle, where a sample does not see it.
        let late = RandomVectors.doubles(3000) { $0 == 1501 ? 0.12345678 : Double($0) / 10 }
        #expect(try SegmentEncoder().encode(late).zone.scale == 8)
        try expectRoundTrip(late, "late scale")
    }

    @Test func decimalsInFLOATStayDecimals() throws {
        let short = RandomVectors.integers(1000) { Int64($0) * 7 }.with(type: .float, scale: 3)
        try expectRoundTrip(short, "short")
        #expect(try SegmentEncoder().encode(short).zone.scale == 3)
        let long = RandomVectors.integers(1000) { Int64.max - Int64($0) }.with(type: .float, scale: 3)
        try expectRoundTrip(long, "long")
    }

    @Test func multiplesComeBackAndTakeLessSpace() throws {
        var random = SeededGenerator(seed: 12)
        for factor in [5, 8, 60, 1000, 1_000_000, 86_400_000_000, Int64.max / 3] {
            let limit = Int64.max / factor
            let vector = RandomVectors.integers(3000) { _ in
                Int64.random(in: -limit...limit, using: &random) * factor
            }
            try expectRoundTrip(vector, "multiples of \(factor)")
            // One that is no multiple, where a sample does not see it.
            let odd = RandomVectors.integers(3000) {
                $0 == 1501 ? vector.int64s[$0] / 2 + 1 : vector.int64s[$0]
            }
            try expectRoundTrip(odd, "multiples of \(factor) but one")
        }
        try expectRoundTrip(RandomVectors.integers(2000) { $0 % 2 == 0 ? .min : 0 }, "Int64.min and 0")
        try expectRoundTrip(RandomVectors.integers(2000) { $0 % 2 == 0 ? .min : 1 << 62 }, "powers of 2")
        let seconds = RandomVectors.integers(4096) { _ in
            Int64.random(in: 0...1023, using: &random) * 1_000_000
        }
        #expect(try SegmentEncoder().encode(seconds).bytes.count < 4096 * 11 / 8)
    }

    @Test func wideIntegersComeBack() throws {
        var random = SeededGenerator(seed: 3)
        let top = integerPower(38) - 1
        for count in Self.counts {
            try expectRoundTrip(RandomVectors.wide(count) { _ in top }, "constant, \(count)")
            try expectRoundTrip(RandomVectors.wide(count) { $0 % 2 == 0 ? top : -top }, "extremes, \(count)")
            try expectRoundTrip(RandomVectors.wide(count) { top - Int128($0) * 1_000_003 }, "ramp, \(count)")
            try expectRoundTrip(
                RandomVectors.wide(count) { _ in Int128(Int64(bitPattern: random.next())) << 40 },
                "random, \(count)")
            try expectRoundTrip(
                RandomVectors.withStates(RandomVectors.wide(count) { top - Int128($0) }) {
                    $0 % 3 == 0 ? 0 : 1
                },
                "NULLs, \(count)")
        }
    }

    @Test func stringsComeBack() throws {
        var random = SeededGenerator(seed: 4)
        let long = String(repeating: "å", count: 5000)
        for count in Self.counts {
            try expectRoundTrip(RandomVectors.strings((0..<count).map { _ in "" }), "empty, \(count)")
            try expectRoundTrip(RandomVectors.strings((0..<count).map { "\($0)" }), "unique, \(count)")
            try expectRoundTrip(
                RandomVectors.strings((0..<count).map { _ in "sym\(Int.random(in: 0...9, using: &random))" }),
                "few, \(count)")
            try expectRoundTrip(
                RandomVectors.strings((0..<count).map { $0 % 100 == 3 ? long : "x" }), "long, \(count)")
            let nulls = RandomVectors.withStates(RandomVectors.strings((0..<count).map { "v\($0 / 9)" })) {
                $0 % 4 == 0 ? 0 : 1
            }
            try expectRoundTrip(nulls, "NULLs, \(count)")
        }
    }

    @Test func aFullRowGroupComesBack() throws {
        var random = SeededGenerator(seed: 6)
        let count = SegmentFormat.rowsMax
        try expectRoundTrip(RandomVectors.bools(count) { _ in Bool.random(using: &random) }, "truth")
        try expectRoundTrip(RandomVectors.shaped(count, 4, &random), "walk")
        try expectRoundTrip(RandomVectors.doubles(count) { 1 / Double($0 + 1) }, "fractions")
        try expectRoundTrip(RandomVectors.strings((0..<count).map { "s\($0 % 500)" }), "strings")
    }

    @Test func dictionariesHoldNothingThatIsNotUsed() throws {
        let all = StringDictionary((0..<1000).map { "s\($0)" })
        let vector = Vector.allocate(.varchar, count: 10, dictionary: all)
        for row in 0..<10 { vector.codes[row] = UInt32(500 + row % 2) }
        let reader = try SegmentReader(try SegmentEncoder().encode(vector).bytes)
        #expect(reader.dictionary?.count == 2 && reader.dictionary?.isUnique == true)
        #expect(reader.dictionary?.string(0) == "s500")
    }

    @Test func scalesRiseAndWidenWhereTheyMust() throws {
        let reader = try SegmentReader(
            try SegmentEncoder().encode(
                RandomVectors.integers(100) { Int64($0) }.with(type: .variant, scale: 2)
            ).bytes)
        let raised = try reader.read(.variant, from: 0, count: 100, scale: 6)
        #expect(raised.layout == .int64 && raised.scale == 6 && raised.int64s[99] == 990_000)
        let large = try SegmentReader(
            try SegmentEncoder().encode(
                RandomVectors.integers(100) { _ in .max }.with(type: .variant, scale: 0)
            ).bytes)
        let wide = try large.read(.variant, from: 0, count: 100, scale: 3)
        #expect(wide.layout == .int128 && wide.int128s[0] == Int128(Int64.max) * 1000 && wide.isConstant)
    }

    @Test func stringBoundsAreCutWithoutGettingNarrower() throws {
        let low = "a" + String(repeating: "b", count: 60)
        let high = "z" + String(repeating: "\u{7F}", count: 60)
        let zone = try SegmentEncoder().encode(RandomVectors.strings([high, low, "m"])).zone
        guard case .strings(let min, .some(let max)) = zone.bounds else {
            Issue.record("there are bounds")
            return
        }
        #expect(min.count <= 32 && max.count <= 32)
        #expect(!Array(low.utf8).lexicographicallyPrecedes(min))
        #expect(!max.lexicographicallyPrecedes(Array(high.utf8)))
        #expect(zone.excludes(lower: .text("{"), upper: nil) && zone.excludes(lower: nil, upper: .text("a")))
        #expect(!zone.excludes(lower: .text("m"), upper: .text("m")))
    }
}
