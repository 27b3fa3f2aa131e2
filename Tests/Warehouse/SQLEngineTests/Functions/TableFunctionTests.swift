import SQLEngine
import Testing
import Vectors

@Suite struct TableFunctionTests {
    private func variants(_ texts: [String?]) -> Vector {
        let vector = Vector.allocate(
            .variant, layout: .string, count: texts.count, hasValidity: true,
            dictionary: StringDictionary(texts.map { $0 ?? "" }), isJSON: true)
        for (row, text) in texts.enumerated() {
            vector.codes[row] = UInt32(row)
            vector.validity?[row] = text == nil ? 0 : 1
        }
        return vector
    }

    private func lines(_ output: (rows: [UInt32], columns: [Vector])) -> [String] {
        output.rows.indices.map { row in
            "\(output.rows[row])| "
                + output.columns.map { $0.scalar(at: row).description }.joined(separator: " ")
        }
    }

    @Test func flattenOpensArraysAndObjects() throws {
        let output = try TableFunction.flatten(
            variants(["[1,{\"a\":2}]", #"{"a":1,"b c":[2]}"#, "3", nil, "[]"]))
        #expect(
            lines(output) == [
                "0| 1 NULL [0] 0 1 [1,{\"a\":2}]", "0| 1 NULL [1] 1 {\"a\":2} [1,{\"a\":2}]",
                #"1| 2 a a NULL 1 {"a":1,"b c":[2]}"#,
                #"1| 2 b c ['b c'] NULL [2] {"a":1,"b c":[2]}"#,
            ])
    }

    @Test func flattenFollowsAPath() throws {
        let output = try TableFunction.flatten(variants([#"{"a":1,"b":[77,88]}"#, "{}"]), path: "b")
        #expect(lines(output) == ["0| 1 NULL b[0] 0 77 [77,88]", "0| 1 NULL b[1] 1 88 [77,88]"])
    }

    @Test func flattenGivesEmptyRowsForOuter() throws {
        let output = try TableFunction.flatten(
            variants(["[]", nil, "[5]"]), isOuter: true, firstSequence: 10)
        #expect(
            lines(output) == [
                "0| 10 NULL  NULL NULL []", "1| 11 NULL  NULL NULL NULL", "2| 12 NULL [0] 0 5 [5]",
            ])
    }

    @Test func flattenGoesDown() throws {
        let input = variants([#"{"a":[1],"c":{"d":"X"}}"#])
        #expect(
            lines(try TableFunction.flatten(input, isRecursive: true)).map {
                $0.split(separator: " ").dropFirst().prefix(4).joined(separator: " ")
            } == [
                "1 a a NULL", "1 NULL a[0] 0", "1 c c NULL", "1 d c.d NULL",
            ])
        let objects = try TableFunction.flatten(input, isRecursive: true, mode: .objects)
        #expect(objects.columns[1].count == 3)
        let arrays = try TableFunction.flatten(input, isRecursive: true, mode: .arrays)
        #expect((0..<arrays.rows.count).map { arrays.columns[2].scalar(at: $0) } == [.text("a[0]")])
    }

    @Test func columnsThatAreNotWantedMayBeNull() throws {
        let output = try TableFunction.flatten(
            variants(["[1,2]"]), wanted: [false, false, false, false, true, false])
        #expect(output.columns[4].scalar(at: 1) == .json("2"))
        #expect(output.columns[5].scalar(at: 1) == .null)
    }

    @Test func namedFunctionsTakeTheirDefaults() throws {
        let function = try #require(TableFunction.find("FLATTEN"))
        let arguments = function.parameters.map { parameter in
            parameter.defaultValue.map { Vector.constant($0, parameter.type, count: 2) }
                ?? variants(["[1]", "[2,3]"])
        }
        let output = try function.evaluate(arguments, 2, 1, function.columns.map { _ in true })
        #expect(output.rows == [0, 1, 1])
        #expect(zip(output.columns, function.columns).allSatisfy { $0.type == $1.type })
    }

    @Test func textsAreSplitIntoRows() throws {
        let split = try #require(TableFunction.find("SPLIT_TO_TABLE"))
        let delimiter = Vector.constant(.text("."), .varchar, count: 2)
        let texts = Vector.allocate(.varchar, count: 2, dictionary: StringDictionary(["a.b", ""]))
        for row in 0..<2 { texts.codes[row] = UInt32(row) }
        let output = try split.evaluate([texts, delimiter], 2, 1, [true, true, true])
        #expect(lines((output.rows, output.columns)) == ["0| 1 1 a", "0| 1 2 b", "1| 2 1 "])
        let tokens = try #require(TableFunction.find("STRTOK_SPLIT_TO_TABLE"))
        let parts = try tokens.evaluate([texts, delimiter], 2, 1, [true, true, true])
        #expect(lines((parts.rows, parts.columns)) == ["0| 1 1 a", "0| 1 2 b"])
    }
}
