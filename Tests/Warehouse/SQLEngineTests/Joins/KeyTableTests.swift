import Testing
import Vectors

@testable import SQLEngine

@Suite struct KeyTableTests {
    private static let types: [[SQLType]] = [
        [.integer], [.float], [.varchar], [.boolean], [.timestampNTZ], [.integer, .varchar],
        [.date, .varchar, .boolean],
        [.integer, .float, .timestampNTZ, .varchar], [.integer, .integer],
    ]

    @Test func groupsAreNumberedAsTheyCome() throws {
        for seed in 0..<90 {
            var random = JoinRandom(UInt64(seed))
            let types = Self.types[seed % Self.types.count]
            let spread = [2, 50, 100_000, 1 << 40].randomElement(using: &random) ?? 2
            let isText = types.contains(.varchar)
            let table = JoinTable(
                types, rows: 1000, spread: isText ? min(spread, 50) : spread, batchRows: 300, &random)
            let keys = KeyTable(types)
            var expected: [JoinRow: UInt32] = [:]
            var distinct: [JoinRow] = []
            var start = 0
            var wrong = 0
            var groups = [UInt32](repeating: 0, count: 1000)
            for batch in table.batches {
                try keys.groups(of: batch.columns, count: batch.count, into: &groups)
                for row in 0..<batch.count {
                    let values = table.rows[start + row]
                    if expected[values] == nil {
                        expected[values] = UInt32(distinct.count)
                        distinct.append(values)
                    }
                    if groups[row] != expected[values] { wrong += 1 }
                }
                start += batch.count
            }
            #expect(wrong == 0, "seed \(seed)")
            #expect(keys.count == distinct.count)
            let vectors = keys.keyVectors()
            #expect(JoinResults.rows(Batch(vectors, count: keys.count)) == distinct)
            try checkFinder(keys, table, expected, spread, &random)
        }
    }

    private func checkFinder(
        _ keys: KeyTable, _ table: JoinTable, _ expected: [JoinRow: UInt32], _ spread: Int,
        _ random: inout JoinRandom
    ) throws {
        let finder = KeyFinder(keys)
        let other = JoinTable(table.types, rows: 200, spread: min(spread * 2, 200), &random)
        var start = 0
        var groups = [UInt32](repeating: 0, count: 200)
        for batch in other.batches {
            try finder.find(batch.columns, count: batch.count, into: &groups)
            let wrong = (0..<batch.count).count {
                groups[$0] != expected[other.rows[start + $0]] ?? KeyTable.none
            }
            #expect(wrong == 0)
            start += batch.count
        }
    }

    @Test func theWholeRangeOfIntegersFits() throws {
        let values: [Int64] = [0, .max, .min, -1, 1, .max, .min, 5, 0]
        for hasNulls in [false, true] {
            let keys = KeyTable([.integer, .timestampNTZ])
            var groups = [UInt32](repeating: 0, count: values.count)
            // One by one, so that the layout grows with every value.
            for (row, value) in values.enumerated() {
                let vector = Vector.allocate(.integer, count: 1, hasValidity: hasNulls)
                vector.int64s[0] = value
                vector.validity?[0] = row == 3 ? 0 : 1
                var group: UInt32 = 0
                try keys.groups(of: [vector, vector.with(type: .timestampNTZ)], count: 1, into: &group)
                groups[row] = group
            }
            #expect(groups == [0, 1, 2, 3, 4, 1, 2, 5, 0])
            let back = keys.keyVectors()[1]
            #expect((0..<6).map { back.scalar(at: $0) }[4] == .temporal(1, .timestampNTZ))
            #expect(back.isValid(3) != hasNulls)
        }
    }

    @Test func instantsAreEqualWhateverTheirOffset() throws {
        let vector = Vector.allocate(.timestampTZ, count: 3)
        vector.int64s[0] = TimestampTZ.pack(utcMicroseconds: 77, offsetMinutes: 60)
        vector.int64s[1] = TimestampTZ.pack(utcMicroseconds: 77, offsetMinutes: -120)
        vector.int64s[2] = TimestampTZ.pack(utcMicroseconds: 78, offsetMinutes: 60)
        let keys = KeyTable([.timestampTZ])
        var groups: [UInt32] = [9, 9, 9]
        try keys.groups(of: [vector], count: 3, into: &groups)
        #expect(groups == [0, 0, 1])
        // As it first came, however often it is asked for.
        for _ in 0..<2 {
            let back = keys.keyVectors()[0]
            #expect(back.scalar(at: 0) == vector.scalar(at: 0))
        }
    }

    @Test func variantsAreEqualByTheirJSON() throws {
        let texts = Vector.constant(.json("12"), .variant, count: 2)
        let numbers = Vector.allocate(.variant, layout: .int64, scale: 0, count: 2, hasValidity: true)
        numbers.int64s[0] = 12
        numbers.int64s[1] = 3
        numbers.validity?[0] = 1
        numbers.validity?[1] = 0
        let keys = KeyTable([.variant])
        var groups: [UInt32] = [9, 9]
        try keys.groups(of: [texts], count: 2, into: &groups)
        #expect(groups == [0, 0])
        try keys.groups(of: [numbers], count: 2, into: &groups)
        #expect(groups == [0, 1])
        #expect(keys.keyVectors()[0].scalar(at: 0) == .json("12"))
        #expect(keys.keyVectors()[0].scalar(at: 1) == .null)
    }

    @Test func manyGroupsAndLongRuns() throws {
        let count = 60_000
        let vector = Vector.allocate(.integer, count: count)
        for row in 0..<count { vector.int64s[row] = Int64(row / 3) &* 0x0123_4567_89AB }
        let keys = KeyTable([.integer, .integer])
        var groups = [UInt32](repeating: 0, count: count)
        try keys.groups(of: [vector, vector], count: count, into: &groups)
        #expect(groups.enumerated().allSatisfy { $1 == UInt32($0 / 3) })
        #expect(keys.count == count / 3)
    }
}
