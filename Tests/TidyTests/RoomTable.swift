/// The table of rooms in `Sources/README.md`.
struct RoomTable {
    struct Room {
        var floor: String
        var imports: Set<String>
    }

    /// The floors, lowest first.
    var floors: [String] = []
    /// The rooms by their names.
    var rooms: [String: Room] = [:]

    /// Reads the table's rows: floor (where it is another than in the row above), rooms, what lives there, imports.
    init(_ text: String) {
        for line in text.split(separator: "\n").drop(while: { !$0.hasPrefix("| floor |") }).dropFirst(2) {
            guard line.hasPrefix("|") else { break }
            let cells = line.split(separator: "|").map(Self.trimmed)
            guard cells.count == 4 else { continue }
            if !cells[0].isEmpty { floors.append(cells[0]) }
            let imports = cells[3] == "–" ? [] : cells[3].split(separator: ",").map(Self.trimmed)
            for room in cells[1].split(separator: ",").map({ Self.trimmed($0).filter { $0 != "`" } }) {
                rooms[room] = Room(floor: floors.last ?? "", imports: Set(imports))
            }
        }
    }

    private static func trimmed(_ cell: Substring) -> String {
        String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
