import Vectors
import Warehouse

/// Prints the rows of one result as they come.
final class ResultPrinter {
    private let columns: [ResultColumn]
    private let form: ResultForm
    private let isFirst: Bool
    /// Rows that are held back until the widths of a table are known.
    private var sample: [[String]] = []
    private var table: TextTable?
    private var count = 0
    private static let sampleRows = 1000

    init(_ columns: [ResultColumn], _ form: ResultForm, isFirst: Bool) {
        self.columns = columns
        self.form = form
        self.isFirst = isFirst
    }

    func print(_ rows: ResultRows) {
        for row in 0..<rows.count { print(rows.row(row)) }
    }

    private func print(_ row: [Scalar]) {
        let output = StandardOutput.shared
        if count == 0 { begin() }
        switch form {
        case .table:
            let cells = row.map(\.description)
            if let table {
                output.writeLine(table.line(cells))
            } else {
                sample.append(cells)
                if sample.count == Self.sampleRows { layOut() }
            }
        case .csv:
            output.writeLine(
                row.map { $0 == .null ? "" : Self.quotedCSV($0.description) }.joined(separator: ","))
        case .json: output.write((count == 0 ? "\n" : ",\n") + object(row).text())
        case .ndjson: output.writeLine(object(row).text())
        }
        count += 1
    }

    private func begin() {
        let output = StandardOutput.shared
        switch form {
        case .csv: output.writeLine(columns.map { Self.quotedCSV($0.name) }.joined(separator: ","))
        case .json: output.write("[")
        case .table: if !isFirst { output.writeLine() }
        case .ndjson: break
        }
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

    private static func quotedCSV(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
            return text
        }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private func object(_ row: [Scalar]) -> JSON { .object(zip(columns, row).map { ($0.name, JSON($1)) }) }
}

extension JSON {
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
