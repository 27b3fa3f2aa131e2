import Vectors

/// A SELECT with what may stand around it.
package final class Query: Sendable {
    package struct CommonTable: Sendable {
        package var name: Identifier
        package var columns: [Identifier]
        package var query: Query
    }

    package indirect enum Body: Sendable {
        case select(Select)
        case values([[Expression]], position: Int)
        case query(Query)
        case set(SetOperator, isAll: Bool, Body, Body, position: Int)
    }

    package enum SetOperator: String, Sendable {
        case union = "UNION", except = "EXCEPT", intersect = "INTERSECT"
    }

    package let with: [CommonTable]
    package let isRecursive: Bool
    package let body: Body
    package let order: [OrderItem]
    /// ORDER BY ALL
    package let ordersByAll: Bool
    /// `ORDER BY ALL DESC`
    package let ordersByAllDescending: Bool
    /// `ORDER BY ALL NULLS FIRST` or `NULLS LAST`; `nil` where neither is written.
    package let ordersByAllNullsFirst: Bool?
    package let limit: Expression?
    package let offset: Expression?
    package let position: Int

    package init(
        with: [CommonTable] = [], isRecursive: Bool = false, body: Body, order: [OrderItem] = [],
        ordersByAll: Bool = false, ordersByAllDescending: Bool = false, ordersByAllNullsFirst: Bool? = nil,
        limit: Expression? = nil, offset: Expression? = nil, position: Int
    ) {
        self.with = with
        self.isRecursive = isRecursive
        self.body = body
        self.order = order
        self.ordersByAll = ordersByAll
        self.ordersByAllDescending = ordersByAllDescending
        self.ordersByAllNullsFirst = ordersByAllNullsFirst
        self.limit = limit
        self.offset = offset
        self.position = position
    }
}

package struct Select: Sendable {
    package enum Item: Sendable {
        case expression(Expression, alias: Identifier?)
        /// `*` or `t.*`, with `EXCLUDE (a, b)`, `REPLACE (e AS a)`, `RENAME (a AS b)` and `ILIKE 'pattern'`.
        case star(Star)
    }

    package struct Star: Sendable {
        package var qualifier: [Identifier] = []
        package var excluded: [Identifier] = []
        package var replaced: [(expression: Expression, name: Identifier)] = []
        package var renamed: [(from: Identifier, to: Identifier)] = []
        package var pattern: String?
        package var position = 0
    }

    package enum Grouping: Sendable {
        case none
        case expressions([Expression])
        /// GROUP BY ALL
        case all
        /// GROUP BY CUBE, ROLLUP, GROUPING SETS, spelt out: each set lists places in `expressions`.
        case sets(expressions: [Expression], sets: [[Int]])
    }

    package var isDistinct = false
    /// `SELECT TOP n`
    package var top: Expression?
    package var items: [Item] = []
    /// The name of each item's column: its alias, the name of a plain column, or the expression's text in upper case;
    /// empty for stars.
    package var itemNames: [String] = []
    package var from: TableExpression?
    package var predicate: Expression?
    package var grouping = Grouping.none
    package var having: Expression?
    package var qualify: Expression?
    /// The WINDOW clause.
    package var windows: [(name: Identifier, specification: WindowSpecification)] = []
    package var position = 0
}

/// What may stand in FROM.
package indirect enum TableExpression: Sendable {
    case table(TableReference)
    case subquery(Query, alias: TableAlias?, isLateral: Bool, position: Int)
    case values([[Expression]], alias: TableAlias?, position: Int)
    /// `TABLE(f(…))`, `LATERAL FLATTEN(…)`.
    case function(FunctionCall, alias: TableAlias?, isLateral: Bool, position: Int)
    /// `@stage/path (FILE_FORMAT => …, PATTERN => …)`
    case stage(StageReference, alias: TableAlias?)
    case join(Join)
    case pivot(Pivot)
    case unpivot(Unpivot)
}

package struct TableReference: Sendable {
    package var name: ObjectName
    package var alias: TableAlias?
    /// `SAMPLE (p)`: percent of rows.
    package var samplePercent: Double?
    /// `SAMPLE (n ROWS)`
    package var sampleRows: Int?
    /// `SEED (n)`
    package var sampleSeed: Int?
}

/// `AS name (columns)`.
package struct TableAlias: Sendable {
    package var name: Identifier
    package var columns: [Identifier] = []
}

/// `@name/path`, `@~/path`, `@%table/path`, `@schema.name/path`.
public struct StageReference: Hashable, Sendable {
    /// The stage.
    public enum Stage: Hashable, Sendable {
        /// A stage with a name.
        case named(ObjectName)
        /// The stage of a table.
        case table(ObjectName)
        /// The user's own.
        case user
    }

    /// Which stage.
    public var stage: Stage
    /// What follows the stage's name, without the slash between; empty for all of it.
    public var path: String
    /// Options in parentheses behind it: names in upper case, values as written.
    public var options: [String: OptionValue]
    /// Where it stands.
    public var position: Int
}

/// The value of `NAME = value` in a statement's options.
public indirect enum OptionValue: Hashable, Sendable {
    /// A word, in upper case: TRUE, AUTO, CONTINUE.
    case word(String)
    /// A string.
    case string(String)
    /// A number.
    case number(Double)
    /// `('a', 'b')`
    case list([OptionValue])
    /// `(TYPE = CSV SKIP_HEADER = 1)`
    case options([String: OptionValue])
}

package struct Join: Sendable {
    package enum Kind: String, Sendable {
        case inner = "INNER", left = "LEFT", right = "RIGHT", full = "FULL", cross = "CROSS", asof = "ASOF"
    }
    package enum Condition: Sendable {
        case none
        case on(Expression)
        case using([Identifier])
        case natural
        /// ASOF: MATCH_CONDITION (l >= r), with ON or USING behind it.
        indirect case match(Expression, Condition)
    }
    package var kind: Kind
    package var left: TableExpression
    package var right: TableExpression
    package var condition: Condition
    package var position: Int
}

/// `t PIVOT (agg(x) FOR c IN (v1, v2))`.
package struct Pivot: Sendable {
    package var table: TableExpression
    package var aggregate: FunctionCall
    package var column: Identifier
    package var values: [(value: Expression, alias: Identifier?)]
    package var alias: TableAlias?
    package var position: Int
}

/// `t UNPIVOT (x FOR c IN (a, b))`.
package struct Unpivot: Sendable {
    package var table: TableExpression
    package var value: Identifier
    package var name: Identifier
    package var columns: [(column: Identifier, alias: String?)]
    package var includesNulls: Bool
    package var alias: TableAlias?
    package var position: Int
}
