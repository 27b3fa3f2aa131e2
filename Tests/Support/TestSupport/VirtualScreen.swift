/// A small terminal: takes what a program sends and has the rows that a user would see.
///
/// Knows what a line editor needs: moving, erasing, scrolling, and waiting in the last column before going on.
/// A sequence that it does not know is a fault of the test.
public final class VirtualScreen {
    /// A cell's character; empty for the second cell of a wide one.
    private var cells: [[String]]
    private let columns: Int
    private var row = 0
    private var column = 0
    private var waitsInLastColumn = false
    private var breaksRows = true
    private let width: (Character) -> Int

    /// - Parameter width: the columns of a character.
    public init(columns: Int, rows: Int, width: @escaping (Character) -> Int) {
        self.columns = columns
        self.width = width
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    /// The rows down to the last one that has something in it, without the blanks at their ends.
    public var rows: [String] {
        var rows = cells.map { row in
            var text = row.joined()
            while text.last == " " { text.removeLast() }
            return text
        }
        while rows.last == "" { rows.removeLast() }
        return rows
    }

    /// Where the cursor is, both from 0.
    public var cursor: [Int] { [row, column] }

    /// Takes what is sent.
    public func write(_ text: String) {
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "\r": (column, waitsInLastColumn) = (0, false)
            // Of a line feed alone a terminal's driver makes the same.
            case "\r\n", "\n":
                column = 0
                lineFeed()
            case "\u{1B}": sequence(&rest)
            default: put(character)
            }
        }
    }

    private func put(_ character: Character) {
        let count = width(character)
        guard count > 0 else {
            cells[row][max(0, column - 1)] += String(character)
            return
        }
        if waitsInLastColumn || column + count > columns {
            if breaksRows {
                column = 0
                lineFeed()
            } else {
                column = columns - count
            }
        }
        cells[row][column] = String(character)
        if count == 2 { cells[row][column + 1] = "" }
        column += count
        waitsInLastColumn = column >= columns && breaksRows
        column = min(column, columns - 1)
    }

    private func lineFeed() {
        waitsInLastColumn = false
        guard row == cells.count - 1 else { return row += 1 }
        cells.removeFirst()
        cells.append(Array(repeating: " ", count: columns))
    }

    private func sequence(_ rest: inout Substring) {
        precondition(rest.popFirst() == "[", "only control sequences are known")
        if rest.hasPrefix("?7") {
            breaksRows = rest.dropFirst(2).first == "h"
            rest.removeFirst(3)
            return
        }
        let digits = rest.prefix { $0.isNumber }
        rest.removeFirst(digits.count)
        let count = max(1, Int(digits) ?? 1)
        waitsInLastColumn = false
        switch rest.popFirst() {
        case "A": row = max(0, row - count)
        case "B": row = min(cells.count - 1, row + count)
        case "C": column = min(columns - 1, column + count)
        case "D": column = max(0, column - count)
        case "H": (row, column) = (0, 0)
        case "K": erase(from: column)
        case "J" where digits == "2":
            for row in cells.indices { cells[row] = Array(repeating: " ", count: columns) }
        case "J":
            erase(from: column)
            for row in (row + 1)..<max(row + 1, cells.count) {
                cells[row] = Array(repeating: " ", count: columns)
            }
        case let other: preconditionFailure("an unknown sequence ends in \(String(describing: other))")
        }
    }

    private func erase(from start: Int) {
        for column in start..<columns { cells[row][column] = " " }
    }
}
