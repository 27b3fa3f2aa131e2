import Vectors

/// MIN, MAX and COUNT of whole columns that the table knows without being read.
extension Optimizer {
    func answered(_ plan: Plan) -> Plan {
        let plan = plan.with(inputs: plan.inputs.map(answered))
        guard case .aggregate(let aggregate) = plan, aggregate.keys.isEmpty,
            case .scan(let scan) = aggregate.input, scan.filters.isEmpty,
            !aggregate.calls.isEmpty
        else { return plan }
        let sources = Dictionary(
            scan.columns.map { ($0.column.id, $0.source) }, uniquingKeysWith: { first, _ in first })
        var assignments: [Plan.Assignment] = []
        for call in aggregate.calls {
            guard let value = value(call, scan.table, sources) else { return plan }
            assignments.append(Plan.Assignment(call.column, .constant(value, call.column.type)))
        }
        return .project(.oneRow, assignments)
    }

    private func value(_ call: AggregateCall, _ table: any TableSource, _ sources: [ColumnID: ScanColumn])
        -> Scalar?
    {
        if call.function == .countStar { return table.exactRowCount.map { .number(Int128($0), scale: 0) } }
        guard !call.isDistinct || call.function != .count, let id = call.arguments.first?.columnID,
            let source = sources[id],
            source.path.isEmpty, let known = table.knowledge(of: source.index)
        else { return nil }
        switch call.function {
        case .minimum: return known.lower
        case .maximum: return known.upper
        case .count: return .number(Int128(known.valueCount), scale: 0)
        default: return nil
        }
    }
}
