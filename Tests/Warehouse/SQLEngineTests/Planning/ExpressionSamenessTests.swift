import Testing
import JSON
import Vectors

@testable import SQLEngine

/// When two expressions are the same, and that the same have the same hash.
@Suite struct ExpressionSamenessTests {
    private let a = BoundExpression.column(ColumnID(1), .varchar)
    private let b = BoundExpression.column(ColumnID(2), .varchar)

    private func text(_ value: String) -> BoundExpression { .constant(.text(value), .varchar) }

    private func call(
        _ identity: FunctionUse.Identity, _ arguments: [BoundExpression], result: SQLType = .boolean
    ) -> BoundExpression {
        let binding = ScalarFunction.Binding(arguments.map(\.type), result) { _, count, _ in
            Vector.nulls(result, count: count)
        }
        return BoundExpression(.call(FunctionUse(identity, binding), arguments), result)
    }

    /// Expressions of which no two are the same, made anew at each call.
    private func different() -> [BoundExpression] {
        let key = { (steps: [PathStep]) in
            BoundExpression(.path(.column(ColumnID(3), .variant), steps), .variant)
        }
        let branch = BoundExpression.Branch(condition: .true, value: a)
        return [
            a, b, .column(ColumnID(1), .integer),
            text("NULL"), .constant(.null, .varchar), .constant(.null, .integer),
            .constant(.text("1"), .variant),
            .constant(.number(1, scale: 0), .integer), .constant(.number(10, scale: 1), .integer),
            .constant(.number(1, scale: 0), .number(precision: 10, scale: 0)),
            .constant(.float(1), .float), .constant(.float(0), .float), .constant(.float(-0.0), .float),
            .constant(.float(.nan), .float), .constant(.boolean(true), .boolean),
            .constant(.temporal(1, .date), .date), .constant(.temporal(1, .time), .time),
            .constant(.json("1"), .variant), .constant(.json("\"1\""), .variant),
            text("e\u{301}"), text("\u{e9}"), text("'"), text("''"), text(""),
            .constant(.bytes([49]), .binary), text("a'VARCHAR"), text("#1"),
            key([.key("a"), .key("b")]), key([.key("a'.'b")]), key([.key("a.b")]), key([.index(0)]),
            key([.key("[0]")]), key([.key("e\u{301}")]), key([.key("\u{e9}")]),
            call(.binary(.equal), [a, b]), call(.binary(.equal), [b, a]), call(.binary(.less), [a, b]),
            call(.named("="), [a, b]), call(.named("F"), [a, b]),
            call(.named("F"), [a, b], result: .varchar),
            call(.named("F"), [a]), call(.named("F"), []), call(.isDistinct, [a, b]),
            call(.isIn([.text("a, b")]), [a]), call(.isIn([.text("a"), .text("b")]), [a]),
            call(.interval([.init(count: 1, unit: .day)]), [a]),
            call(.interval([.init(count: 1, unit: .month)]), [a]),
            call(.limited(to: 3, isTry: false), [a], result: .varchar),
            call(.limited(to: 3, isTry: true), [a], result: .varchar),
            call(.own("RANDOM", number: 1), []), call(.own("RANDOM", number: 2), []),
            BoundExpression(.cast(a, isTry: false), .integer),
            BoundExpression(.cast(a, isTry: true), .integer),
            BoundExpression(.cast(a, isTry: false), .float),
            BoundExpression(.cast(a, isTry: false), .varchar),
            BoundExpression(.and([a, b]), .boolean), BoundExpression(.or([a, b]), .boolean),
            BoundExpression(.and([a, b, a]), .boolean),
            BoundExpression(.and([BoundExpression(.and([a, b]), .boolean), a]), .boolean),
            BoundExpression(.not(a), .boolean), BoundExpression(.isNull(a), .boolean),
            BoundExpression(.coalesce([a, b]), .varchar), BoundExpression(.coalesce([b, a]), .varchar),
            BoundExpression(.conditional([branch], otherwise: b), .varchar),
            BoundExpression(.conditional([branch, branch], otherwise: b), .varchar),
            BoundExpression(.conditional([branch], otherwise: text("NULL")), .varchar),
            BoundExpression(.conditional([branch], otherwise: .constant(.null, .varchar)), .varchar),
        ]
    }

    @Test("Expressions are equal where they compute the same, and only there")
    func equality() {
        let (first, second) = (different(), different())
        for (place, expression) in first.enumerated() {
            for (other, candidate) in second.enumerated() {
                #expect((expression == candidate) == (place == other), "\(place) and \(other)")
            }
            #expect(expression.hashValue == second[place].hashValue)
        }
        #expect(Set(first + second).count == first.count)
    }

    @Test("Where an expression was written plays no part")
    func positions() {
        let here = BoundExpression(
            .not(BoundExpression(.column(ColumnID(1)), .boolean, position: 3)), .boolean)
        let there = BoundExpression(
            .not(BoundExpression(.column(ColumnID(1)), .boolean, position: 4)), .boolean, position: 9)
        #expect(here == there)
        #expect(here.hashValue == there.hashValue)
    }

    @Test("A rewritten expression is equal to one that was made so")
    func rewriting() {
        let c = BoundExpression.column(ColumnID(9), .varchar)
        for expression in different() where expression != .column(ColumnID(1), .integer) {
            let there = expression.substituting([ColumnID(1): c])
            let same = expression.rewritten { $0 == a ? c : $0 }
            #expect(there == same && there.hashValue == same.hashValue)
            #expect((there == expression) == !expression.columns.contains(ColumnID(1)))
            let back = there.substituting([ColumnID(9): a])
            #expect(back == expression && back.hashValue == expression.hashValue)
        }
    }

    @Test("Large expressions are looked up by their hash and told apart")
    func largeExpressions() {
        func large(_ last: String) -> BoundExpression {
            let sum = (0..<200).reduce(a) { expression, number in
                BoundExpression(.coalesce([expression, text("\(number)")]), .varchar)
            }
            return BoundExpression(.coalesce([sum, text(last)]), .varchar)
        }
        let known = Dictionary(uniqueKeysWithValues: (0..<100).map { (large("\($0)"), $0) })
        #expect(known.count == 100)
        #expect(known[large("7")] == 7)
        #expect(known[large("x")] == nil)
    }
}
