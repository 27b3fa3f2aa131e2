import CivilTime
import SQLEngine
import JSON
import Vectors
import Warehouse

/// Prints the rows of one result as they come.
final class ResultPrinter {
    private let columns: [ResultColumn]
    private let form: ResultForm
    private let zone: TimeZoneRules
    private let isFirst: Bool
    /// The names of the columns with their quotes and colons, as they stand in JSON objects, each behind what parts it
    /// from the member before.
    private let keys: [[UInt8]]
    /// Rows that are held back until the widths of a table are known.
    private var sample: [[String]] = []
    private var table: TextTable?
    private var count = 0
    private var text = JSONWriter(capacity: 128 << 10)
    private static let sampleRows = 1000
    private static let textBytes = 64 << 10

    /// - Parameter zone: the session's time zone, in which TIMESTAMP_LTZ is shown.
    init(_ columns: [ResultColumn], _ form: ResultForm, zone: TimeZoneRules, isFirst: Bool) {
        self.columns = columns
        self.form = form
        self.zone = zone
        self.isFirst = isFirst
        keys = columns.enumerated().map { index, column in
            Array("\(index == 0 ? "{" : ",")\(OrderedJSON.string(column.name).text):".utf8)
        }
    }

    func print(_ rows: ResultRows) {
        guard rows.count > 0 else { return }
        if count == 0 { begin() }
        let cells = ResultCells(rows, zone: zone)
        switch form {
        case .table: for row in 0..<rows.count { printLine(cells, row) }
        case .csv: write(rows.count, &text) { row, text in appendCSV(cells, row, to: &text) }
        case .ndjson:
            write(rows.count, &text) { row, text in
                appendObject(cells, row, to: &text)
                text.append(UInt8(0x0A))
            }
        case .json:
            write(rows.count, &text) { row, text in
                text.append(count + row == 0 ? "\n" : ",\n")
                appendObject(cells, row, to: &text)
            }
        }
        count += rows.count
    }

    /// Writes rows one behind the other, some kilobytes at a time.
    private func write(
        _ rows: Int, _ text: inout JSONWriter, _ append: (_ row: Int, _ text: inout JSONWriter) -> Void
    ) {
        for row in 0..<rows {
            append(row, &text)
            if text.count >= Self.textBytes || row == rows - 1 {
                StandardOutput.shared.write(bytes: text.bytes)
                text.count = 0
            }
        }
    }

    private func begin() {
        let output = StandardOutput.shared
        switch form {
        case .csv:
            var header = JSONWriter()
            for (index, column) in columns.enumerated() {
                if index > 0 { header.append(UInt8(ascii: ",")) }
                let start = header.count
                header.append(column.name)
                Self.quoteCSV(from: start, &header)
            }
            output.writeLine(header.text)
        case .json: output.write("[")
        case .table: if !isFirst { output.writeLine() }
        case .ndjson: break
        }
    }

    // MARK: Tables

    private func printLine(_ cells: ResultCells, _ row: Int) {
        let line = columns.indices.map { column in
            if cells.isNull(column, row) { return "NULL" }
            text.count = 0
            cells.append(column, row, to: &text)
            defer { text.count = 0 }
            return text.text
        }
        if let table { return StandardOutput.shared.writeLine(table.line(line)) }
        sample.append(line)
        if sample.count == Self.sampleRows { layOut() }
    }

    /// Prints what has been held back.
    private func layOut() {
        let table = TextTable(
            columns.map(\.name), alignments: columns.map { $0.type.isNumeric ? .right : .left },
            sample: sample)
        StandardOutput.shared.write(table.heading)
        for cells in sample { StandardOutput.shared.writeLine(table.line(cells)) }
        sample = []
        self.table = table
    }

    // MARK: The end

    func finish() {
        if count == 0 { begin() }
        switch form {
        case .table:
            if table == nil { layOut() }
            StandardOutput.shared.writeLine(
                Style.dim("(\(Format.grouped(count)) row\(count == 1 ? "" : "s"))"))
        case .json: StandardOutput.shared.writeLine("\n]")
        default: break
        }
    }

    /// The statement has failed: what came before is printed, and nothing that says that it is all.
    func breakOff() {
        if form == .table, table == nil, !sample.isEmpty { layOut() }
        if form == .json, count > 0 { StandardOutput.shared.writeLine() }
    }

    // MARK: Rows

    private func appendCSV(_ cells: ResultCells, _ row: Int, to text: inout JSONWriter) {
        for column in columns.indices {
            if column > 0 { text.append(UInt8(ascii: ",")) }
            if cells.isNull(column, row) { continue }
            let start = text.count
            cells.append(column, row, to: &text)
            if cells.isText(column) { Self.quoteCSV(from: start, &text) }
        }
        text.append(UInt8(0x0A))
    }

    /// Puts a field that has been appended in quotes where it needs them.
    private static func quoteCSV(from start: Int, _ text: inout JSONWriter) {
        let needsQuotes = text.bytes[start...].contains {
            $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D
        }
        guard needsQuotes else { return }
        let field = Array(text.bytes[start...])
        text.count = start
        text.append(UInt8(0x22))
        for byte in field {
            if byte == 0x22 { text.append(byte) }
            text.append(byte)
        }
        text.append(UInt8(0x22))
    }

    private func appendObject(_ cells: ResultCells, _ row: Int, to text: inout JSONWriter) {
        for column in columns.indices {
            keys[column].withUnsafeBufferPointer { text.append($0) }
            cells.appendJSON(column, row, to: &text)
        }
        text.append(UInt8(ascii: "}"))
    }
}

extension OrderedJSON {
    /// A value of a result: numbers as numbers, semi-structured ones as the JSON that they are, the rest as text.
    init(_ value: Scalar) {
        switch value {
        case .null: self = .null
        case .boolean(let value): self = .boolean(value)
        case .number(_, let scale) where scale <= 18: self = .raw(value.description)
        case .float(let value): self = .number(value)
        case .json(let text): self = .raw(text)
        default: self = .string(value.description)
        }
    }
}
