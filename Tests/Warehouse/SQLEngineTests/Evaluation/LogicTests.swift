import SQLEngine
import TestSupport
import Testing
import Vectors

@Suite struct LogicTests {
    private static let values: [Bool?] = [true, false, nil]

    @Test func combinesThreeValues() {
        var triples: [[Bool?]] = []
        for a in Self.values { for b in Self.values { for c in Self.values { triples.append([a, b, c]) } } }
        let columns = (0..<3).map { column in Rows.booleans(triples.map { $0[column] }) }
        let (all, any) = (Logic.and(columns, count: triples.count), Logic.or(columns, count: triples.count))
        for (row, triple) in triples.enumerated() {
            let and: Bool? = triple.contains(false) ? false : (triple.contains(nil) ? nil : true)
            let or: Bool? = triple.contains(true) ? true : (triple.contains(nil) ? nil : false)
            #expect(all.scalar(at: row) == and.map(Scalar.boolean) ?? .null)
            #expect(any.scalar(at: row) == or.map(Scalar.boolean) ?? .null)
        }
        let known = [Rows.booleans([true, false, true]), Rows.booleans([true, true, false])]
        #expect(Rows.shown(Logic.and(known, count: 3)) == ["TRUE", "FALSE", "FALSE"])
        #expect(Rows.shown(Logic.or(known, count: 3)) == ["TRUE", "TRUE", "TRUE"])
        let mixed = [Rows.booleans([true, false, nil]), Rows.booleans([true, true, false])]
        #expect(Rows.shown(Logic.or(mixed, count: 3)) == ["TRUE", "TRUE", "NULL"])
    }

    @Test func asksForOneValue() {
        let vector = Rows.booleans(Self.values)
        #expect(Rows.shown(Logic.not(vector)) == ["FALSE", "TRUE", "NULL"])
        #expect(Rows.shown(Logic.isNull(vector)) == ["FALSE", "FALSE", "TRUE"])
        #expect(Rows.shown(Logic.isNull(vector, negated: true)) == ["TRUE", "TRUE", "FALSE"])
        #expect(Rows.shown(Logic.isBoolean(vector, true)) == ["TRUE", "FALSE", "FALSE"])
        #expect(Rows.shown(Logic.isBoolean(vector, false)) == ["FALSE", "TRUE", "FALSE"])
        #expect(Rows.shown(Logic.isBoolean(vector, false, negated: true)) == ["TRUE", "FALSE", "TRUE"])
        #expect(
            Rows.shown(Logic.isNull(Rows.raw([1, 1], .variant, validity: [2, 0]))) == ["FALSE", "TRUE"])
    }

    @Test func selectsTrueRows() {
        var generator = SeededGenerator(seed: 45)
        for hasNulls in [true, false] {
            let values = (0..<500).map { _ in
                hasNulls
                    ? Self.values.randomElement(using: &generator) ?? nil : Bool.random(using: &generator)
            }
            let vector = Rows.booleans(values)
            let rows = [UInt32](unsafeUninitializedCapacity: 500) { buffer, count in
                count = buffer.baseAddress.map { Logic.selectedRows(vector, into: $0) } ?? 0
            }
            #expect(rows == values.indices.filter { values[$0] == true }.map(UInt32.init))
            var rest = [UInt32](repeating: 0, count: 500)
            let candidates = (0..<500).map { UInt32($0 * 2) }
            let selected = [UInt32](unsafeUninitializedCapacity: 500) { buffer, count in
                guard let base = buffer.baseAddress else { return }
                count = rest.withUnsafeMutableBufferPointer {
                    Logic.partition(
                        vector, candidates, selected: base, rest: $0.baseAddress.unsafelyUnwrapped)
                }
            }
            #expect(selected == rows.map { $0 * 2 })
            #expect(Set(selected).union(rest.prefix(500 - selected.count)).count == 500)
        }
        let scratch = UnsafeMutablePointer<UInt32>.allocate(capacity: 4)
        defer { scratch.deallocate() }
        #expect(
            Logic.selectedRows(.constant(.boolean(true), .boolean, count: 4), into: scratch) == 4
                && scratch[3] == 3)
        #expect(Logic.selectedRows(.nulls(.boolean, count: 4), into: scratch) == 0)
    }

    @Test func mergesLayouts() {
        let prices = Rows.raw([150, 225], .float, scale: 2)
        let zero = Rows.raw([0], .float)
        let merged = Logic.merge(
            [.init(rows: [0, 2], vector: prices), .init(rows: [1], vector: zero)], type: .float, count: 4)
        #expect(merged.layout == .int64 && Rows.shown(merged) == ["1.5", "0", "2.25", "NULL"])
        let doubles = Logic.merge(
            [.init(rows: [2, 0], vector: prices), .init(rows: [1], vector: Rows.floats([nil]))], type: .float,
            count: 3)
        #expect(Rows.shown(doubles) == ["2.25", "NULL", "1.5"])
        let large = Rows.vector([.number(DecimalMath.powers[30], scale: 0)], .integer)
        let numbers = Logic.merge(
            [.init(rows: [1], vector: large), .init(rows: [0], vector: Rows.integers([7], .integer))],
            type: .integer, count: 2)
        #expect(Rows.shown(numbers) == ["7", "1" + String(repeating: "0", count: 30)])
        let texts = Logic.merge(
            [
                .init(rows: [3, 1], vector: Rows.texts(["a", "b"])),
                .init(rows: [0], vector: Rows.texts(["b"])), .init(rows: [2], vector: Rows.texts([nil])),
            ],
            type: .varchar, count: 4)
        #expect(
            Rows.shown(texts) == ["b", "b", "NULL", "a"] && texts.dictionary?.isUnique == true
                && texts.codes[0] == texts.codes[1])
        let variants = Logic.merge(
            [
                .init(rows: [0, 2], vector: Rows.raw([15, 0], .variant, scale: 1, validity: [1, 2])),
                .init(rows: [1], vector: Rows.json(["[1]"])),
            ],
            type: .variant, count: 3)
        #expect(Rows.shown(variants) == ["1.5", "[1]", "null"])
        #expect(
            Rows.shown(
                Logic.merge([.init(rows: [0], vector: .nulls(.date, count: 1))], type: .date, count: 2)) == [
                    "NULL", "NULL",
                ])
    }
}
