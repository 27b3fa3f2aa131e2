import Vectors

/// Turns bound expressions into ones over the places of columns in batches.
package struct ExpressionCompiler {
    private let places: [ColumnID: Int]

    package init(places: [ColumnID: Int]) { self.places = places }

    package func compile(_ expression: BoundExpression) throws(SQLError) -> any VectorExpression {
        let type = expression.type
        switch expression.kind {
        case .constant(let value): return ConstantExpression(value, type)
        case .column(let id):
            guard let place = places[id] else {
                throw SQLError(
                    .unsupported, "a column is read here that the plan does not give at this point",
                    position: expression.position)
            }
            return ColumnExpression(place: place, type: type)
        case .call(let use, let arguments):
            return CallExpression(
                type: type, evaluate: use.binding.evaluate, arguments: try compile(arguments),
                position: expression.position, isVolatile: use.isVolatile)
        case .cast(let inner, let isTry):
            let cast = try Casts.bind(from: inner.type, to: type, isTry: isTry)
            return CallExpression(
                type: type, evaluate: { arguments, _, context in try cast(arguments[0], context) },
                arguments: [try compile(inner)],
                position: expression.position)
        case .and(let parts): return LogicalExpression(parts: try compile(parts), isAnd: true)
        case .or(let parts): return LogicalExpression(parts: try compile(parts), isAnd: false)
        case .not(let inner):
            return CallExpression(
                type: .boolean, evaluate: { arguments, _, _ in Logic.not(arguments[0]) },
                arguments: [try compile(inner)],
                position: expression.position)
        case .isNull(let inner):
            return CallExpression(
                type: .boolean, evaluate: { arguments, _, _ in Logic.isNull(arguments[0]) },
                arguments: [try compile(inner)],
                position: expression.position)
        case .conditional(let branches, let otherwise):
            return ConditionalExpression(
                type: type, conditions: try compile(branches.map(\.condition)),
                values: try compile(branches.map(\.value) + [otherwise]),
                columns: expression.columns.compactMap { places[$0] })
        case .coalesce(let parts):
            return CoalesceExpression(
                type: type, parts: try compile(parts), columns: expression.columns.compactMap { places[$0] })
        case .path(let inner, let steps):
            return CallExpression(
                type: .variant, evaluate: { arguments, _, _ in try VariantPath.extract(arguments[0], steps) },
                arguments: [try compile(inner)], position: expression.position)
        }
    }

    private func compile(_ expressions: [BoundExpression]) throws(SQLError) -> [any VectorExpression] {
        var result: [any VectorExpression] = []
        for expression in expressions { result.append(try compile(expression)) }
        return result
    }
}

struct ColumnExpression: VectorExpression {
    let place: Int
    let type: SQLType

    func evaluate(_ batch: Batch, _ context: EvaluationContext) -> Vector {
        let vector = batch.columns[place]
        return vector.type == type ? vector : vector.with(type: type)
    }
}

struct ConstantExpression: VectorExpression {
    let type: SQLType
    private let value: Scalar
    private let filled: Vector

    init(_ value: Scalar, _ type: SQLType) {
        self.type = type
        self.value = value
        filled = Vector.constant(value, type, count: Batch.rowsMax)
    }

    func evaluate(_ batch: Batch, _ context: EvaluationContext) -> Vector {
        batch.count <= filled.count
            ? filled.slice(from: 0, count: batch.count) : Vector.constant(value, type, count: batch.count)
    }
}

/// A function of the values of other expressions.
struct CallExpression: VectorExpression {
    let type: SQLType
    let evaluate: ScalarFunction.Binding.Evaluate
    let arguments: [any VectorExpression]
    let position: Int?
    /// Whether each row has a result of its own, also of the same arguments.
    var isVolatile = false

    func evaluate(_ batch: Batch, _ context: EvaluationContext) throws -> Vector {
        let values = try arguments.map { try $0.evaluate(batch, context) }
        // What is the same for all rows is computed for one.
        let isConstant =
            !isVolatile && !values.isEmpty && batch.count > 1 && values.allSatisfy(\.isConstant)
        do {
            if isConstant {
                let one = try evaluate(values.map { $0.slice(from: 0, count: 1) }, 1, context)
                return Vector.constant(one.scalar(at: 0), one.type, count: batch.count)
            }
            return try evaluate(values, batch.count, context)
        } catch var error as SQLError {
            if error.position == nil { error.position = position }
            throw error
        }
    }
}

/// AND and OR. Later parts are computed only for rows that earlier ones leave open.
struct LogicalExpression: VectorExpression {
    let parts: [any VectorExpression]
    let isAnd: Bool
    var type: SQLType { .boolean }

    func evaluate(_ batch: Batch, _ context: EvaluationContext) throws -> Vector {
        var result = try parts[0].evaluate(batch, context)
        for part in parts.dropFirst() {
            let open = RowSelection.rows(of: result) { (1 ^ $1) | (isAnd ? $0 : 1 ^ $0) }
            if open.isEmpty { return result }
            if open.count * 4 >= batch.count * 3, let next = try? part.evaluate(batch, context) {
                result =
                    isAnd
                    ? Logic.and([result, next], count: batch.count)
                    : Logic.or([result, next], count: batch.count)
                continue
            }
            let next = try open.withUnsafeBufferPointer { rows in
                try part.evaluate(
                    batch.gather(rows.baseAddress.unsafelyUnwrapped, count: rows.count), context)
            }
            result = combined(result, next, rows: open)
        }
        return result
    }

    private func combined(_ first: Vector, _ second: Vector, rows: [UInt32]) -> Vector {
        let result = Vector.allocate(
            .boolean, count: first.count, hasValidity: first.validity != nil || second.validity != nil)
        result.bools.update(from: first.bools, count: first.count)
        if let target = result.validity {
            if let validity = first.validity {
                target.update(from: validity, count: first.count)
            } else {
                target.initialize(repeating: 1, count: first.count)
            }
        }
        for (place, row) in rows.enumerated() {
            let row = Int(row)
            let decides = (second.bools[place] != 0) != isAnd && second.isValid(place)
            // An unknown first part stays unknown unless the second decides.
            if !first.isValid(row), !decides { continue }
            result.bools[row] = second.bools[place]
            result.validity?[row] = second.isValid(place) ? 1 : 0
        }
        return result
    }
}

enum RowSelection {
    /// The rows whose value satisfies a test, which is given 1 or 0 for whether the value is TRUE and for whether it
    /// is not NULL, and gives the same: nothing branches on what differs from row to row.
    @inline(__always)
    static func rows(of vector: Vector, where test: (_ isTrue: Int, _ isValid: Int) -> Int) -> [UInt32] {
        let (values, validity, rows) = (vector.bools, vector.validity, vector.count)
        return [UInt32](unsafeUninitializedCapacity: rows) { buffer, count in
            guard let target = buffer.baseAddress else { return }
            var kept = 0
            if let validity {
                for row in 0..<rows {
                    target[kept] = UInt32(truncatingIfNeeded: row)
                    kept &+= test(values[row] != 0 ? 1 : 0, validity[row] != 0 ? 1 : 0)
                }
            } else {
                for row in 0..<rows {
                    target[kept] = UInt32(truncatingIfNeeded: row)
                    kept &+= test(values[row] != 0 ? 1 : 0, 1)
                }
            }
            count = kept
        }
    }

    /// The rows where it is TRUE.
    static func rows(passing vector: Vector) -> [UInt32] { rows(of: vector) { $0 & $1 } }

    /// The rows where it is FALSE or NULL.
    static func rows(failing vector: Vector) -> [UInt32] { rows(of: vector) { 1 ^ ($0 & $1) } }
}
