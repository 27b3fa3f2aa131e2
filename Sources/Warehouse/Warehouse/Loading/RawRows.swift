import ColumnStore
import Vectors

/// The columns of rows of the raw table.
struct RawRows {
    private let plan: RawLoadPlan
    private let variant: ShreddedVariant
    /// The line of the text that each row was.
    private let lines: Vector
    /// Neighbouring rows of one part of the text.
    private let runs: [(part: LoadText.Part, count: Int)]

    init(_ plan: RawLoadPlan, _ variant: ShreddedVariant, lines: Vector) {
        self.plan = plan
        self.variant = variant
        self.lines = lines
        runs = Self.runs(plan.text, lines)
    }

    private static func runs(_ text: LoadText, _ lines: Vector) -> [(part: LoadText.Part, count: Int)] {
        let numbers = lines.int64s
        var runs: [(part: LoadText.Part, count: Int)] = []
        var row = 0
        while row < lines.count {
            let part = text.parts[text.part(of: Int(numbers[row]))]
            let end = Int64(part.firstLine + part.lineCount)
            var next = row
            if numbers[lines.count - 1] < end {
                next = lines.count
            } else {
                while numbers[next] < end { next += 1 }
            }
            runs.append((part, next - row))
            row = next
        }
        return runs
    }

    /// The values of all columns, in the table's order. Columns that others have added are NULL.
    func values() -> [ColumnValues] {
        plan.columns.map { name, type in
            switch name {
            case "V": .shredded(ShreddedColumn(variant))
            case "TOPIC": .plain(constants(type) { .text(plan.sources[$0.object].topic) })
            case "LOG_PARTITION": .plain(constants(type) { .integer(Int(plan.sources[$0.object].partition)) })
            case "LOG_OFFSET": .plain(offsets(type))
            case "OBJECT_KEY": .plain(constants(type) { .text(plan.sources[$0.object].key) })
            case "LOADED_AT":
                .plain(
                    .constant(plan.loadedAt.map { .temporal($0, type) } ?? .null, type, count: variant.count))
            case "RAW_ID": .plain(shifted(type, by: plan.firstRawID))
            default: .plain(.nulls(type, count: variant.count))
            }
        }
    }

    private func constants(_ type: SQLType, _ value: (LoadText.Part) -> Scalar) -> Vector {
        if runs.count == 1 { return .constant(value(runs[0].part), type, count: variant.count) }
        let collector = VectorCollector(type, capacity: variant.count)
        for run in runs { collector.append(.constant(value(run.part), type, count: run.count)) }
        return collector.finish()
    }

    private func offsets(_ type: SQLType) -> Vector {
        let result = Vector.allocate(type, layout: .int64, count: variant.count)
        let (source, target) = (lines.int64s, result.int64s)
        var row = 0
        for run in runs {
            let shift = run.part.firstOffset - Int64(run.part.firstLine)
            for next in row..<row + run.count { target[next] = source[next] &+ shift }
            row += run.count
        }
        return result
    }

    private func shifted(_ type: SQLType, by shift: Int64) -> Vector {
        let result = Vector.allocate(type, layout: .int64, count: variant.count)
        let (source, target) = (lines.int64s, result.int64s)
        for row in 0..<variant.count { target[row] = source[row] &+ shift }
        return result
    }
}
