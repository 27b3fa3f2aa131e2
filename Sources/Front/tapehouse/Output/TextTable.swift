/// A table of text with aligned columns. Widths follow from the rows that are given at first; later rows may
/// be wider.
struct TextTable {
    /// How a column's cells stand in it.
    enum Alignment {
        case left
        case right
    }

    private let header: [String]
    private let alignments: [Alignment]
    private let widths: [Int]

    /// Lays out a table by its header and its first rows.
    ///
    /// Control characters in cells are shown as a sign and not sent to the terminal.
    init(_ header: [String], alignments: [Alignment], sample rows: [[String]]) {
        self.header = header
        self.alignments = alignments
        widths = header.indices.map { column in
            rows.reduce(DisplayWidth.of(header[column].printable)) {
                max($0, DisplayWidth.of($1[column].printable))
            }
        }
    }

    /// The header and the line under it.
    var heading: String {
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return Style.bold(line(header)) + "\n" + Style.dim(rule) + "\n"
    }

    /// A row.
    func line(_ cells: [String]) -> String {
        let cells = cells.map(\.printable)
        let padded = cells.indices.map { column in
            alignments[column] == .right
                ? cells[column].leftPadding(to: widths[column]) : cells[column].padding(to: widths[column])
        }
        return padded.joined(separator: "  ").trimmedAtEnd
    }

    /// Header and rows.
    static func render(_ header: [String], alignments: [Alignment], _ rows: [[String]]) -> String {
        let table = TextTable(header, alignments: alignments, sample: rows)
        return table.heading + rows.map { table.line($0) + "\n" }.joined()
    }
}
