import SQLEngine
import Vectors

extension StatementRun {
    func performOther(_ statement: Statement, _ rows: TakeRows) throws -> StatementOutcome {
        switch statement {
        case .update(let payload): return try update(payload, rows)
        case .delete(let payload): return try delete(payload, rows)
        case .merge(let payload): return try merge(payload, rows)
        case .alterTable(let payload): return try alterTable(payload)
        case .alterView(let payload): return try alterView(payload)
        case .alterContainer(let payload): return try alterContainer(payload)
        case .alterSession(let payload): return try alterSession(payload)
        case .comment(let payload): return try comment(payload)
        case .setVariables(let list, _): return try setVariables(list)
        case .unsetVariables(let names, _): return unsetVariables(names)
        case .describe(let payload): return try describe(payload, rows)
        case .show(let payload): return try show(payload, rows)
        case .load(let payload): return try copyInto(payload, rows)
        case .unload(let payload): return try unload(payload, rows)
        case .put(let payload): return try put(payload, rows)
        case .get(let payload): return try get(payload, rows)
        case .list(let payload): return try list(payload, rows)
        case .remove(let payload): return try removeFiles(payload, rows)
        case .createStage(let payload): return try createStage(payload, rows)
        case .createFileFormat(let payload): return try createFileFormat(payload, rows)
        case .createSequence(let payload):
            throw SQLError(
                .unsupported,
                "sequences are not supported: number rows with a column AUTOINCREMENT, or with "
                    + "ROW_NUMBER() OVER (ORDER BY …)", position: payload.position)
        default: throw SQLError(.unsupported, "this statement is not supported", position: statement.position)
        }
    }
}
