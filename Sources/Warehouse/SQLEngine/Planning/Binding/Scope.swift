import Vectors

/// The names that expressions of a SELECT may use.
final class Scope {
    struct Column {
        var name: String
        var column: PlanColumn
        /// Found by its qualified name only, and not part of `*`: the right side of USING.
        var isHidden = false
    }

    struct Table {
        /// The parts of its name, outermost first; only the last for an alias.
        var name: [String]
        var columns: [Column]
    }

    var tables: [Table] = []
    /// The scope of the query around, for correlated subqueries.
    let parent: Scope?
    /// Earlier items of the select list, by name: what a name means where no table has such a column.
    var aliases: [String: BoundExpression] = [:]

    init(parent: Scope?) { self.parent = parent }

    /// The column of a name, here or in the scopes around; `nil` where there is none.
    func find(_ parts: [Identifier]) throws(SQLError) -> BoundExpression? {
        if let column = try findHere(parts) { return column }
        if parts.count == 1, let alias = aliases[parts[0].name] { return alias }
        return try parent?.find(parts)
    }

    /// The column of a name in the tables of this scope alone.
    func findHere(_ parts: [Identifier]) throws(SQLError) -> BoundExpression? {
        guard let last = parts.last else { return nil }
        let qualifier = parts.dropLast().map(\.name)
        var found: [Column] = []
        for table in tables where qualifier.isEmpty || table.name.suffix(qualifier.count) == qualifier[...] {
            for column in table.columns
            where column.name == last.name && (!column.isHidden || !qualifier.isEmpty) {
                found.append(column)
            }
        }
        if found.isEmpty, let place = last.place {
            return try column(at: place, qualifier, parts[0].position)
        }
        if found.count > 1, Set(found.map(\.column.id)).count > 1 {
            throw SQLError(
                .invalid, "ambiguous column name '\(last.name)': write it with its table's name or alias",
                position: parts[0].position)
        }
        return found.first.map {
            BoundExpression(.column($0.column.id), $0.column.type, position: parts[0].position)
        }
    }

    /// `$2`: the second column of the one table that it can be meant of.
    private func column(at place: Int, _ qualifier: [String], _ position: Int) throws(SQLError)
        -> BoundExpression?
    {
        let candidates = tables.filter {
            qualifier.isEmpty || $0.name.suffix(qualifier.count) == qualifier[...]
        }
        if candidates.count > 1 {
            throw SQLError(
                .invalid, "$\(place) can be meant of several tables: write it behind a table's name",
                position: position)
        }
        guard let columns = candidates.first?.columns.filter({ !$0.isHidden }),
            (1...max(columns.count, 1)).contains(place), !columns.isEmpty
        else { return nil }
        let column = columns[place - 1].column
        return BoundExpression(.column(column.id), column.type, position: position)
    }

    /// The table of a name, for `t.*`.
    func table(_ parts: [Identifier]) -> [Table] {
        let name = parts.map(\.name)
        return tables.filter { $0.name.suffix(name.count) == name[...] }
    }

    /// The columns that `*` stands for, or `t.*` of a table.
    func starColumns(of qualifier: [Identifier]) -> [Column] {
        (qualifier.isEmpty ? tables : table(qualifier)).flatMap(\.columns).filter {
            // A table has the columns that USING hides; the counter of a generator is no column of it.
            qualifier.isEmpty ? !$0.isHidden : !$0.name.hasPrefix("$SEQ")
        }
    }

    /// Names of columns here, for messages.
    var columnNames: [String] { tables.flatMap { $0.columns.filter { !$0.isHidden }.map(\.name) } }
}

extension Identifier {
    /// The place that a name such as `$2` stands for.
    fileprivate var place: Int? {
        guard name.utf8.first == UInt8(ascii: "$") else { return nil }
        return Int(name.dropFirst())
    }
}
