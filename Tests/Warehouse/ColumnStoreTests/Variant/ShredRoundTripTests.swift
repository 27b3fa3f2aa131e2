import ColumnStore
import TestSupport
import Testing
import JSON
import Vectors

/// Whatever is shredded can be given back.
@Suite struct ShredRoundTripTests {
    private func check(_ rows: [String?], _ comment: Comment) throws {
        let expected = try rows.map { try $0.map { try JSONValue(parsing: $0).text } }
        let variant = try VariantShredder.shred(jsonText: VariantTexts.vector(rows))
        #expect(variant.brokenRules == [], comment)
        #expect(try VariantTexts.assembled(variant) == expected, comment)
        let lines = rows.compactMap { $0 }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let shredded = try ShreddedText(NDJSONShredder(), bytes)
        #expect(shredded.texts == expected.filter { $0 != nil }, comment)
        #expect(shredded.groups.allSatisfy { $0.variant.brokenRules.isEmpty }, comment)
    }

    @Test(arguments: 0..<40) func randomRows(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        let count = 1 + random.below(400)
        try check((0..<count).map { _ in random.below(15) == 0 ? nil : random.row() }, "seed \(seed)")
    }

    @Test(arguments: [2, 5, 30, 300, 3000]) func regularRows(oddity: Int) throws {
        var random = RandomJSON(seed: UInt64(oddity))
        try check((0..<5000).map { _ in random.record(oddity: oddity) }, "oddity \(oddity)")
    }

    @Test func regularColumnsAreTyped() throws {
        var random = RandomJSON(seed: 1)
        let rows = (0..<1000).map { _ in random.record(oddity: 1_000_000) }
        let variant = try VariantShredder.shred(jsonText: VariantTexts.vector(rows))
        #expect(variant.residue == nil)
        #expect(
            variant.columns.map { $0.path.joined(separator: ".") } == [
                "flag", "id", "name", "place.x", "place.y.z", "price",
            ])
        #expect(variant.columns.map(\.vector.layout) == [.bool, .int64, .string, .int64, .int64, .int64])
        #expect(variant.columns.map(\.vector.scale) == [0, 0, 0, 1, 0, 2])
        #expect(variant.columns.allSatisfy { $0.vector.validity == nil })
    }

    @Test func theMajorityDecidesTheType() throws {
        let variant = try VariantShredder.shred(
            jsonText: VariantTexts.vector([
                "{\"a\":1,\"b\":{\"x\":1}}", "{\"a\":\"s\",\"b\":{\"x\":2}}", "{\"a\":2.5,\"b\":3}",
                "{\"a\":null,\"b\":{}}", "[1]", "{}",
                nil, "null",
            ]))
        #expect(variant.columns.map(\.path) == [["a"], ["b", "x"]])
        let residue = try #require(variant.residue)
        #expect(
            VariantTexts.texts(residue) == [
                nil, "{\"a\":\"s\"}", "{\"b\":3}", "{\"b\":{}}", "[1]", "{}", nil, "null",
            ])
        let a = variant.columns[0].vector
        #expect((0..<8).map { a.validity?[$0] } == [1, 0, 1, 2, 0, 0, 0, 0])
        #expect(a.int64s[2] == 25 && a.scale == 1)
        let sub = try VariantAssembler(
            ShreddedVariant(
                columns: [.init(path: ["x"], vector: variant.columns[1].vector)],
                residue: ResidueLookup.vector(residue: residue, path: ["b"]), count: 8)
        ).assemble()
        #expect(VariantTexts.texts(sub) == ["{\"x\":1}", "{\"x\":2}", "3", "{}", nil, nil, nil, nil])
    }

    @Test func objectsAmongMoreOtherValuesGoToTheResidue() throws {
        let rows = ["{\"a\":1}", "{\"a\":2}", "{\"a\":{\"b\":1}}", "{\"a\":null}"]
        let variant = try VariantShredder.shred(jsonText: VariantTexts.vector(rows))
        #expect(variant.columns.map(\.path) == [["a"]])
        #expect(variant.residue.map(VariantTexts.texts) == [nil, nil, "{\"a\":{\"b\":1}}", nil])
        #expect(try VariantTexts.assembled(variant) == rows)
    }

    @Test func doublesAreKeptWhereDecimalsDoNotFit() throws {
        let rows = ["1e-20", "3.5", "1e200", "0.1", "2e-300", "0.1234567890123456789"].map { "{\"v\":\($0)}" }
        let variant = try VariantShredder.shred(jsonText: VariantTexts.vector(rows))
        #expect(variant.columns.map(\.vector.layout) == [.double])
        #expect(variant.columns[0].vector.doubles[2] == 1e200)
        #expect(
            variant.residue.map(VariantTexts.texts) == [
                nil, nil, nil, nil, nil, "{\"v\":0.1234567890123456789}",
            ])
        try check(rows, "doubles")
    }

    @Test func rareDoublesGoToTheResidue() throws {
        let rows = (0..<100).map { "{\"v\":\($0 == 7 ? "1e-30" : "\($0).25")}" }
        let variant = try VariantShredder.shred(jsonText: VariantTexts.vector(rows))
        #expect(variant.columns.map(\.vector.layout) == [.int64])
        #expect(variant.residue?.variantText(at: 7) == "{\"v\":\(try JSONValue(parsing: "1e-30").text)}")
        try check(rows, "rare doubles")
    }

    @Test func aScaleGrowsAsFarAsItCan() throws {
        try check((0..<30).map { "{\"v\":1.\(String(repeating: "1", count: $0 + 1))}" }, "growing")
        try check(
            [
                "{\"v\":99999999999999999}", "{\"v\":1.25}", "{\"v\":1.1}", "{\"v\":-0.5000000}",
                "{\"v\":1.000}",
            ], "ceiling")
    }

    @Test func rareAndSurplusPathsGoToTheResidue() throws {
        let rare = (0..<1000).map { "{\"a\":\($0)\($0 == 500 ? ",\"rare\":1" : "")}" }
        let variant = try VariantShredder.shred(jsonText: VariantTexts.vector(rare))
        #expect(variant.columns.map(\.path) == [["a"]])
        try check(rare, "rare")
        for width in [128, 129, 300, 1500] {
            let members = (0..<width).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
            let wide = (0..<20).map { _ in "{\(members)}" }
            #expect(
                try VariantShredder.shred(jsonText: VariantTexts.vector(wide)).columns.count
                    == min(width, 128))
            try check(wide, "wide")
        }
        try check((0..<3000).map { "{\"k\($0)\":\($0),\"n\":{\"k\($0 % 7)\":1}}" }, "ever new keys")
    }

    @Test func deepAndDuplicateKeys() throws {
        try check(
            [
                "{\"a\":{\"b\":{\"c\":{\"d\":1}}}}", "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}",
                "{\"a\":{\"b\":{\"c\":{\"d\":2,\"e\":[]}}}}",
                "{\"a\":1,\"a\":[2]}", "{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "{\"a\":[1],\"a\":3}",
                "{\"a\":{\"b\":[1]},\"x\":1,\"a\":{\"b\":2}}",
                "{\"a\":1,\"\\u0061\":2}",
            ], "deep and duplicate")
    }

    @Test func slicesAreAssembled() throws {
        var random = RandomJSON(seed: 99)
        let rows = (0..<300).map { _ in random.record(oddity: 10) }
        let variant = try VariantShredder.shred(jsonText: VariantTexts.vector(rows))
        let all = try VariantTexts.assembled(variant)
        #expect(
            VariantTexts.texts(try VariantAssembler(variant).assemble(from: 50, count: 100))
                == Array(all[50..<150]))
        #expect(try VariantTexts.assembled(variant.slice(from: 250, count: 50)) == Array(all[250...]))
        #expect(try VariantTexts.assembled(variant.slice(from: 10, count: 0)) == [])
    }

    @Test func residuesAreLookedInto() throws {
        let residue = VariantTexts.vector([
            "{\"a\":{\"b\":[1,2]},\"c\":null}", nil, "7", "{\"é\":1,\"a\":1}", "{\"a\":{\"b\":[1,2]}}",
        ])
        #expect(
            VariantTexts.texts(ResidueLookup.vector(residue: residue, path: ["a", "b"])) == [
                "[1,2]", nil, nil, nil, "[1,2]",
            ])
        #expect(
            VariantTexts.texts(ResidueLookup.vector(residue: residue, path: ["c"])) == [
                "null", nil, nil, nil, nil,
            ])
        #expect(
            VariantTexts.texts(ResidueLookup.vector(residue: residue, path: ["x"])) == [
                nil, nil, nil, nil, nil,
            ])
        let keys = ResidueLookup.topLevelKeys(of: residue)
        #expect(keys.keys == ["a", "c", "é"])
        #expect(keys.hasOtherValues)
    }

    @Test func typedVariantsAreShredded() throws {
        let vector = Vector.constant(.number(15, scale: 1), .variant, count: 3)
        #expect(try VariantTexts.assembled(VariantShredder.shred(jsonText: vector)) == ["1.5", "1.5", "1.5"])
        #expect(
            try VariantTexts.assembled(VariantShredder.shred(jsonText: .nulls(.variant, count: 2))) == [
                nil, nil,
            ])
        #expect(try VariantTexts.assembled(VariantShredder.shred(jsonText: .nulls(.variant, count: 0))) == [])
    }
}
