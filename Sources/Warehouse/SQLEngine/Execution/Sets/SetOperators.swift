package import Vectors

/// DISTINCT: each row once, where it first appears. NULLs are equal.
///
/// Where the rows do not fit the memory they are partitioned into files, and the order is that of the
/// partitions.
package final class DistinctOperator: PhysicalOperator {
    private let child: any PhysicalOperator

    package init(_ child: any PhysicalOperator) { self.child = child }

    package var types: [SQLType] { child.types }
    package var children: [any PhysicalOperator] { [child] }
    package var title: String { "Distinct" }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        try SetWork(operation: .distinct, types: types, context: context).streams(child, nil)
    }
}

/// INTERSECT: the left rows that are on the right, too; once each, or with ALL as often as on the side with
/// fewer. NULLs are equal. The order is as that of `DistinctOperator`.
package final class IntersectOperator: PhysicalOperator {
    private let left: any PhysicalOperator
    private let right: any PhysicalOperator
    private let isAll: Bool

    package init(left: any PhysicalOperator, right: any PhysicalOperator, isAll: Bool) {
        self.left = left
        self.right = right
        self.isAll = isAll
    }

    package var types: [SQLType] { left.types }
    package var children: [any PhysicalOperator] { [left, right] }
    package var title: String { isAll ? "Intersect ALL" : "Intersect" }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        try SetWork(operation: .intersect(isAll: isAll), types: types, context: context).streams(left, right)
    }
}

/// EXCEPT: the left rows that are not on the right; once each, or with ALL each as often as it is more often
/// on the left. NULLs are equal. The order is as that of `DistinctOperator`.
package final class ExceptOperator: PhysicalOperator {
    private let left: any PhysicalOperator
    private let right: any PhysicalOperator
    private let isAll: Bool

    package init(left: any PhysicalOperator, right: any PhysicalOperator, isAll: Bool) {
        self.left = left
        self.right = right
        self.isAll = isAll
    }

    package var types: [SQLType] { left.types }
    package var children: [any PhysicalOperator] { [left, right] }
    package var title: String { isAll ? "Except ALL" : "Except" }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        try SetWork(operation: .except(isAll: isAll), types: types, context: context).streams(left, right)
    }
}
