import JSON
import Vectors

/// Lets scans give values inside of VARIANT columns by themselves, where a query reads `v:a.b` of a column `v`.
struct PathExtraction {
    private let binder: Binder
    /// The paths read of each column.
    private var wanted: [ColumnID: Set<[PathStep]>] = [:]

    /// Columns for the paths of a column, where they are at hand.
    private typealias Available = [ColumnID: [[PathStep]: PlanColumn]]

    init(_ plan: Plan, _ binder: Binder) {
        self.binder = binder
        var wanted: [ColumnID: Set<[PathStep]>] = [:]
        plan.visit { step in
            for expression in step.expressions { Self.collect(expression, &wanted) }
        }
        self.wanted = wanted
    }

    private static func collect(_ expression: BoundExpression, _ wanted: inout [ColumnID: Set<[PathStep]>]) {
        if let (id, keys) = expression.pathOfColumn { wanted[id, default: []].insert(keys) }
        for child in expression.children { collect(child, &wanted) }
    }

    func extracted(_ plan: Plan) -> Plan {
        wanted.isEmpty ? plan : extract(plan).plan
    }

    private func extract(_ plan: Plan) -> (plan: Plan, available: Available) {
        if case .scan(var scan) = plan {
            var available: Available = [:]
            for (column, source) in scan.columns where source.path.isEmpty && column.type == .variant {
                let paths = (wanted[column.id] ?? []).map { steps in (steps, keys: steps.map(\.key)) }
                for (steps, keys) in paths.sorted(by: { $0.keys.lexicographicallyPrecedes($1.keys) }) {
                    let made = binder.makeColumn(.variant)
                    available[column.id, default: [:]][steps] = made
                    scan.columns.append((made, ScanColumn(source.index, path: keys)))
                }
            }
            return (Plan.scan(scan).mapExpressions { rewrite($0, available) }, available)
        }
        let inputs = plan.inputs.map(extract)
        var available: Available = inputs.reduce(into: [:]) { $0.merge($1.available) { first, _ in first } }
        var result = plan.with(inputs: inputs.map(\.plan)).mapExpressions { rewrite($0, available) }
        switch result {
        case .project(let input, var assignments):
            var passed: Available = [:]
            for assignment in assignments where assignment.expression.columnID == assignment.column.id {
                guard let paths = available[assignment.column.id] else { continue }
                passed[assignment.column.id] = paths
                assignments += paths.sorted { $0.value.id.number < $1.value.id.number }.map {
                    Plan.Assignment(passing: $0.value)
                }
            }
            result = .project(input, assignments)
            available = passed
        case .aggregate, .set, .distinct, .recursive, .shared: available = [:]
        case .join(let join):
            if join.kind == .semi || join.kind == .anti || join.mark != nil {
                available = inputs[0].available
            }
        default: break
        }
        return (result, available)
    }

    private func rewrite(_ expression: BoundExpression, _ available: Available) -> BoundExpression {
        expression.replaced { part in
            guard let (id, keys) = part.pathOfColumn, let column = available[id]?[keys],
                case .path(_, let steps) = part.kind
            else { return nil }
            let value = BoundExpression(.column(column.id), .variant, position: part.position)
            let rest = Array(steps.dropFirst(keys.count))
            return rest.isEmpty
                ? value : BoundExpression(.path(value, rest), part.type, position: part.position)
        }
    }
}

extension BoundExpression {
    /// A path of keys of a column: the column, and the keys before the first index.
    fileprivate var pathOfColumn: (ColumnID, [PathStep])? {
        guard case .path(let inner, let steps) = kind, let id = inner.columnID, inner.type == .variant else {
            return nil
        }
        let keys = steps.prefix { if case .key = $0 { true } else { false } }
        return keys.isEmpty ? nil : (id, Array(keys))
    }
}

extension PathStep {
    /// The key, of a step that is one.
    fileprivate var key: String { if case .key(let key) = self { key } else { "" } }
}
