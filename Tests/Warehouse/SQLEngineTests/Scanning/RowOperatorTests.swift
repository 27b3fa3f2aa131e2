import Testing
import Vectors

@testable import SQLEngine

@Suite struct RowOperatorTests {
    /// A filter that lets nothing through asks for all rows before it comes back to whoever could stop it.
    @Test func interruptionEndsAGenerator() throws {
        let context = ExecutionContext(threads: 1) { true }
        let never = try ExpressionCompiler(places: [:]).compile(.constant(.boolean(false), .boolean))
        let filter = FilterOperator(GeneratorOperator(rows: 100 * Batch.rowsMax), never, title: "Filter")
        #expect(throws: SQLError(.interrupted, "the statement was interrupted")) {
            try context.drain(try filter.open(context)) { _, _ in }
        }
    }
}
