/// The items of a select list that may be something else each time they are computed, such as `RANDOM()`. Each is a
/// column, so that whatever names it (other items, WHERE, ORDER BY) means the value that is selected.
struct DrawnItems {
    private var items: [Plan.Assignment] = []

    /// The column that stands for an item.
    mutating func add(_ expression: BoundExpression, _ binder: Binder) -> BoundExpression {
        let column = binder.makeColumn(expression.type)
        items.append(Plan.Assignment(column, expression))
        return BoundExpression(.column(column.id), column.type, position: expression.position)
    }

    /// Those items that read some columns, be it by way of other items.
    func readers(of columns: Set<ColumnID>) -> Set<ColumnID> {
        items.reduce(into: []) { found, item in
            let read = item.expression.columns
            if !read.isDisjoint(with: columns) || !read.isDisjoint(with: found) {
                found.insert(item.column.id)
            }
        }
    }

    /// A plan that also gives the items that some expressions read, as far as it has what these are computed of.
    mutating func computed(_ plan: Plan, for readers: [BoundExpression]) -> Plan {
        var wanted = readers.reduce(into: Set<ColumnID>()) { $1.collectColumns(into: &$0) }
        for item in items.reversed() where wanted.contains(item.column.id) {
            item.expression.collectColumns(into: &wanted)
        }
        var result = plan
        items.removeAll { item in
            let known = result.columns
            guard wanted.contains(item.column.id),
                item.expression.columns.isSubset(of: Set(known.map(\.id)))
            else { return false }
            result = .project(result, known.map(Plan.Assignment.init(passing:)) + [item])
            return true
        }
        return result
    }

    /// The same for all items, where it cannot be told what reads them: the subqueries that are joined next may.
    mutating func allComputed(_ plan: Plan) -> Plan { computed(plan, for: items.map(\.column.expression)) }

    /// The same for the items that are read more than once, of those that no step before has computed. What is
    /// read once can as well be computed there: `inlined` does that.
    mutating func computed(_ plan: Plan, forSeveral readers: [BoundExpression]) -> Plan {
        guard !items.isEmpty else { return plan }
        let all = readers + items.map(\.expression)
        let shared = items.filter { item in all.reduce(0) { $0 + $1.count(of: item.column.id) } > 1 }
        return computed(plan, for: shared.map(\.column.expression))
    }

    /// An expression with what the items are in their place.
    func inlined(_ expression: BoundExpression) -> BoundExpression {
        items.reversed().reduce(expression) { $0.substituting([$1.column.id: $1.expression]) }
    }

    /// Changes what the items are computed of.
    mutating func rewrite(_ change: (BoundExpression) throws -> BoundExpression) rethrows {
        for place in items.indices { items[place].expression = try change(items[place].expression) }
    }
}

extension BoundExpression {
    /// How often it reads a column.
    fileprivate func count(of id: ColumnID) -> Int {
        columnID == id ? 1 : children.reduce(0) { $0 + $1.count(of: id) }
    }
}
