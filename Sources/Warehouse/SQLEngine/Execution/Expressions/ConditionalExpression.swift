import Vectors

/// CASE: each branch is computed for the rows that it is for, and for no others.
struct ConditionalExpression: VectorExpression {
    let type: SQLType
    let conditions: [any VectorExpression]
    /// A value for each condition, and the one for rows that satisfy none.
    let values: [any VectorExpression]
    /// The places of all columns that are read.
    let columns: [Int]

    func evaluate(_ batch: Batch, _ context: EvaluationContext) throws -> Vector {
        guard conditions.count == 1, values.allSatisfy({ $0 is ColumnExpression || $0 is ConstantExpression })
        else { return try evaluateByRows(batch, context) }
        // What costs nothing to compute is computed for all rows and chosen from.
        let test = try conditions[0].evaluate(batch, context)
        let values = try values.map { try $0.evaluate(batch, context) }
        return Logic.choice(test, values[0], values[1], type: type)
            ?? Logic.merge(
                [
                    .init(choosing: RowSelection.rows(passing: test), of: values[0]),
                    .init(choosing: RowSelection.rows(failing: test), of: values[1]),
                ], type: type, count: batch.count)
    }

    private func evaluateByRows(_ batch: Batch, _ context: EvaluationContext) throws -> Vector {
        var pieces: [Logic.Piece] = []
        var open = (0..<UInt32(batch.count)).map { $0 }
        var rest = batch
        for (place, condition) in conditions.enumerated() where !open.isEmpty {
            let test = try condition.evaluate(rest, context)
            let matches = RowSelection.rows(passing: test)
            if matches.isEmpty { continue }
            if matches.count == open.count {
                pieces.append(.init(rows: open, vector: try values[place].evaluate(rest, context)))
                open = []
                break
            }
            pieces.append(
                .init(
                    rows: matches.map { open[Int($0)] },
                    vector: try values[place].evaluate(rest.picking(columns, matches), context)))
            let others = RowSelection.rows(failing: test)
            open = others.map { open[Int($0)] }
            rest = rest.picking(columns, others)
        }
        if !open.isEmpty {
            pieces.append(.init(rows: open, vector: try values[values.count - 1].evaluate(rest, context)))
        }
        if pieces.count == 1 { return pieces[0].vector }
        return Logic.merge(pieces, type: type, count: batch.count)
    }
}

/// COALESCE: each part is computed for the rows for which those before it are NULL.
struct CoalesceExpression: VectorExpression {
    let type: SQLType
    let parts: [any VectorExpression]
    let columns: [Int]

    func evaluate(_ batch: Batch, _ context: EvaluationContext) throws -> Vector {
        var pieces: [Logic.Piece] = []
        var open = (0..<UInt32(batch.count)).map { $0 }
        var rest = batch
        for (place, part) in parts.enumerated() where !open.isEmpty {
            let value = try part.evaluate(rest, context)
            guard let validity = value.validity, place + 1 < parts.count else {
                pieces.append(.init(rows: open, vector: value))
                break
            }
            var filled: [UInt32] = []
            var missing: [UInt32] = []
            for row in 0..<value.count {
                if validity[row] != 0 { filled.append(UInt32(row)) } else { missing.append(UInt32(row)) }
            }
            if missing.isEmpty {
                pieces.append(.init(rows: open, vector: value))
                break
            }
            if !filled.isEmpty {
                pieces.append(
                    .init(
                        rows: filled.map { open[Int($0)] },
                        vector: filled.withUnsafeBufferPointer { rows in
                            value.gather(rows.baseAddress.unsafelyUnwrapped, count: rows.count)
                        }))
            }
            open = missing.map { open[Int($0)] }
            rest = rest.picking(columns, missing)
        }
        if pieces.count == 1 { return pieces[0].vector }
        return Logic.merge(pieces, type: type, count: batch.count)
    }
}

extension Batch {
    /// Some rows of some columns. The other columns stay as they are and must not be read.
    func picking(_ places: [Int], _ rows: [UInt32]) -> Batch {
        var result = self
        rows.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for place in places { result.columns[place] = columns[place].gather(base, count: buffer.count) }
        }
        result.count = rows.count
        return result
    }
}
