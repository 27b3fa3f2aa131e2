package import Vectors

/// A column that a plan gives.
package struct PlanColumn: Sendable {
    package var id: ColumnID
    package var type: SQLType

    package init(_ id: ColumnID, _ type: SQLType) {
        self.id = id
        self.type = type
    }

    package var expression: BoundExpression { .column(id, type) }
}

/// What a query does, step by step, before it is decided how.
package indirect enum Plan: Sendable {
    /// One row without columns.
    case oneRow
    case scan(Scan)
    case values([[BoundExpression]], [PlanColumn])
    /// `GENERATOR(ROWCOUNT => n)`: n rows; the column counts from 0.
    case generator(rows: Int, PlanColumn)
    case filter(Plan, BoundExpression)
    case project(Plan, [Assignment])
    case aggregate(Aggregate)
    case window(Plan, [WindowCall])
    case join(JoinPlan)
    case sort(Plan, [SortItem], limit: Int?, offset: Int)
    case limit(Plan, limit: Int?, offset: Int)
    case distinct(Plan)
    case set(SetPlan)
    case lateral(Lateral)
    case recursive(Recursive)
    /// The rows of the step before in a recursive query.
    case recursiveInput(Int, [PlanColumn])
    /// The first n rows of each partition in an order.
    case topRows(TopRows)
    /// Rows that several steps read and that must be the same for all of them.
    case shared(Shared)

    /// A column and how it is computed.
    package struct Assignment: Sendable {
        package var column: PlanColumn
        package var expression: BoundExpression

        package init(_ column: PlanColumn, _ expression: BoundExpression) {
            self.column = column
            self.expression = expression
        }

        /// A column passed on as it is.
        package init(passing column: PlanColumn) { self.init(column, column.expression) }
    }

    package struct Scan: Sendable {
        package var table: any TableSource
        /// What it is called, for EXPLAIN.
        package var name: String
        package var columns: [(column: PlanColumn, source: ScanColumn)]
        /// All of which a row must satisfy.
        package var filters: [BoundExpression] = []

        package init(
            table: any TableSource, name: String, columns: [(column: PlanColumn, source: ScanColumn)]
        ) {
            self.table = table
            self.name = name
            self.columns = columns
        }
    }

    package struct Aggregate: Sendable {
        package var input: Plan
        package var keys: [Assignment]
        package var calls: [AggregateCall]
    }

    package struct JoinPlan: Sendable {
        package enum Kind: String, Sendable {
            case inner = "INNER", left = "LEFT", right = "RIGHT", full = "FULL", semi = "SEMI", anti = "ANTI"
            /// LEFT, but more than one match is an error: a scalar subquery.
            case single = "SINGLE"
        }

        package var kind: Kind
        package var left: Plan
        package var right: Plan
        /// Pairs that must be equal. `nullSafe`: NULL equals NULL.
        package var keys: [(left: BoundExpression, right: BoundExpression, nullSafe: Bool)] = []
        /// What else must be true.
        package var condition: BoundExpression?
        /// For a subquery in an expression: a BOOLEAN that says whether there is a match, with the NULLs of
        /// IN. `kind` is
        /// `semi` then, and all left rows are given.
        package var mark: PlanColumn?
        /// Whether all that read the mark take NULL as FALSE: that of EXISTS.
        package var marksExistence = false
        /// ASOF: the times to compare.
        package var asof: (left: BoundExpression, operation: BinaryOperator, right: BoundExpression)?
    }

    package struct SortItem: Hashable, Sendable {
        package var expression: BoundExpression
        package var isDescending: Bool
        package var nullsFirst: Bool

        package init(expression: BoundExpression, isDescending: Bool, nullsFirst: Bool) {
            self.expression = expression
            self.isDescending = isDescending
            self.nullsFirst = nullsFirst
        }
    }

    package struct SetPlan: Sendable {
        package var operation: Query.SetOperator
        package var isAll: Bool
        /// Each input, with its columns in the order of the result's.
        package var inputs: [(plan: Plan, columns: [PlanColumn])]
        package var columns: [PlanColumn]
    }

    package struct Lateral: Sendable {
        package var input: Plan
        package var title: String
        package var arguments: [BoundExpression]
        /// Input columns of the function are the values of `arguments`.
        package var expand:
            @Sendable ([Vector], Int, EvaluationContext) throws -> (rows: [UInt32], columns: [Vector])
        package var columns: [PlanColumn]
    }

    package struct Recursive: Sendable {
        package var number: Int
        package var anchor: Plan
        package var anchorColumns: [PlanColumn]
        package var step: Plan
        package var stepColumns: [PlanColumn]
        package var columns: [PlanColumn]
        package var isDistinct: Bool
    }

    package struct Shared: Sendable {
        /// The same for all steps that read the same rows.
        package var number: Int
        package var input: Plan
        /// Those of the input, whichever of them are read.
        package var columns: [PlanColumn]
    }

    package struct TopRows: Sendable {
        package var input: Plan
        package var partition: [BoundExpression]
        package var order: [SortItem]
        package var limit: Int
        /// Where the row's number within its partition is wanted too.
        package var number: PlanColumn?
    }
}

/// An aggregate function in a plan.
package struct AggregateCall: Sendable {
    package var column: PlanColumn
    package var function: AggregateFunction
    package var arguments: [BoundExpression]
    package var isDistinct = false
    /// WITHIN GROUP (ORDER BY …), and the order of MIN_BY and the like.
    package var order: [Plan.SortItem] = []
    package var position: Int?
}

/// A window function in a plan.
package struct WindowCall: Sendable {
    package enum Bound: Hashable, Sendable {
        case unboundedPreceding, currentRow, unboundedFollowing
        case preceding(Distance), following(Distance)
    }

    package enum Distance: Hashable, Sendable {
        case number(Scalar)
        case interval(months: Int, microseconds: Int64)
    }

    package struct Frame: Hashable, Sendable {
        package var isRange: Bool
        package var start: Bound
        package var end: Bound

        package static let wholePartition = Frame(
            isRange: false, start: .unboundedPreceding, end: .unboundedFollowing)
        package static let toCurrentRow = Frame(isRange: true, start: .unboundedPreceding, end: .currentRow)
        package var isWholePartition: Bool { start == .unboundedPreceding && end == .unboundedFollowing }
    }

    package enum Function: Hashable, Sendable {
        case rowNumber, rank, denseRank, percentRank, cumeDist, ntile
        case lag, lead, firstValue, lastValue, nthValue
        case aggregate(AggregateFunction)
    }

    package var column: PlanColumn
    package var function: Function
    package var arguments: [BoundExpression]
    package var partition: [BoundExpression]
    package var order: [Plan.SortItem]
    package var frame: Frame
    package var ignoresNulls = false
    package var isDistinct = false
    /// For an aggregate with WITHIN GROUP (ORDER BY …): how it is ordered by its last arguments.
    package var aggregateOrder: [SortKey] = []
    package var position: Int?
}

extension Plan {
    /// The columns it gives, in order.
    package var columns: [PlanColumn] {
        switch self {
        case .oneRow: []
        case .scan(let scan): scan.columns.map(\.column)
        case .values(_, let columns): columns
        case .generator(_, let column): [column]
        case .filter(let input, _), .sort(let input, _, _, _), .limit(let input, _, _), .distinct(let input):
            input.columns
        case .project(_, let assignments): assignments.map(\.column)
        case .aggregate(let aggregate): aggregate.keys.map(\.column) + aggregate.calls.map(\.column)
        case .window(let input, let calls): input.columns + calls.map(\.column)
        case .join(let join):
            if let mark = join.mark {
                join.left.columns + [mark]
            } else if join.kind == .semi || join.kind == .anti {
                join.left.columns
            } else {
                join.left.columns + join.right.columns
            }
        case .set(let set): set.columns
        case .lateral(let lateral): lateral.input.columns + lateral.columns
        case .recursive(let recursive): recursive.columns
        case .recursiveInput(_, let columns): columns
        case .topRows(let top): top.input.columns + (top.number.map { [$0] } ?? [])
        case .shared(let shared): shared.columns
        }
    }
}
