package import Vectors

/// A function that gives rows: for each row of its arguments any number.
package struct TableFunction: Sendable {
    /// An argument, by place or by name.
    package struct Parameter: Sendable {
        /// The name in upper case.
        package var name: String
        /// The type to which it is cast; VARIANT takes OBJECT and ARRAY as they are.
        package var type: SQLType
        /// Its value where it is not given; `nil` where it must be.
        package var defaultValue: Scalar?
        /// Whether its value must be the same for all rows.
        package var isConstant = false
    }

    /// Rows that belong to rows of the arguments.
    package struct Output {
        /// The row of the arguments to which each row belongs, rising.
        package var rows: [UInt32]
        package var columns: [Vector]
    }

    package typealias Evaluate =
        @Sendable (
            _ arguments: [Vector], _ count: Int, _ firstSequence: Int64, _ wanted: [Bool]
        ) throws -> Output

    /// The name in upper case.
    package var name: String
    package var signature: String
    /// What it gives, in a sentence.
    package var summary: String
    package var parameters: [Parameter]
    package var columns: [(name: String, type: SQLType)]
    /// Computes the rows of a batch. There is a vector of `count` rows for each parameter. `firstSequence` is
    /// the SEQ of the batch's first row, the others follow; columns that are not wanted may be NULL.
    package var evaluate: Evaluate

    /// All of them.
    package static let all: [TableFunction] = [flatten, splitToTable, tokensToTable]

    /// The function of a name in upper case.
    package static func find(_ name: String) -> TableFunction? { all.first { $0.name == name } }

    // MARK: Texts

    private static let partColumns: [(name: String, type: SQLType)] = [
        ("SEQ", .integer), ("INDEX", .integer), ("VALUE", .varchar),
    ]

    private static let splitToTable = TableFunction(
        name: "SPLIT_TO_TABLE", signature: "SPLIT_TO_TABLE(text, delimiter)",
        summary: "A row for each part of a text between delimiters.",
        parameters: [.init(name: "TEXT", type: .varchar), .init(name: "DELIMITER", type: .varchar)],
        columns: partColumns
    ) { arguments, count, firstSequence, _ in
        try parts(arguments, count: count, firstSequence) { row, add in
            for part in Splits(arguments[0].bytes(row), delimiter: arguments[1].bytes(row)) { add(part) }
        }
    }

    private static let tokensToTable = TableFunction(
        name: "STRTOK_SPLIT_TO_TABLE", signature: "STRTOK_SPLIT_TO_TABLE(text[, delimiters])",
        summary: "A row for each part of a text between any of some characters.",
        parameters: [
            .init(name: "TEXT", type: .varchar),
            .init(name: "DELIMITERS", type: .varchar, defaultValue: .text(" ")),
        ], columns: partColumns
    ) { arguments, count, firstSequence, _ in
        try parts(arguments, count: count, firstSequence) { row, add in
            var tokens = Tokens(
                arguments[0].bytes(row), delimiters: UTF8Bytes.scalars(arguments[1].bytes(row)))
            while let token = tokens.next() { add(token) }
        }
    }

    private static func parts(
        _ arguments: [Vector], count: Int, _ firstSequence: Int64,
        _ split: (_ row: Int, _ add: (UnsafeBufferPointer<UInt8>) -> Void) -> Void
    ) throws -> Output {
        var rows: [UInt32] = []
        var indexes: [Int64] = []
        let values = TextOutput(capacity: count)
        var failure: SQLError?
        for row in 0..<count where arguments.allSatisfy({ $0.isValid(row) }) {
            var index: Int64 = 0
            split(row) { part in
                index += 1
                rows.append(UInt32(row))
                indexes.append(index)
                do throws(SQLError) { _ = try values.append(part) } catch { failure = error }
            }
            if let failure { throw failure }
        }
        let sequences = rows.map { firstSequence + Int64($0) }
        let texts = Vector.allocate(.varchar, count: rows.count, dictionary: values.finish())
        for row in 0..<rows.count { texts.codes[row] = UInt32(row) }
        return Output(rows: rows, columns: [integers(sequences), integers(indexes), texts])
    }

    static func integers(_ values: [Int64], validity: [UInt8]? = nil) -> Vector {
        let result = Vector.allocate(
            .integer, layout: .int64, count: values.count, hasValidity: validity != nil)
        for (row, value) in values.enumerated() { result.int64s[row] = value }
        if let validity { for (row, value) in validity.enumerated() { result.validity?[row] = value } }
        return result
    }
}
