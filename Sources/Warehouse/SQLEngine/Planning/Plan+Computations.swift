import Vectors

extension AggregateCall {
    /// What it computes, whichever column it goes to.
    struct Computation: Hashable {
        let function: AggregateFunction
        let arguments: [BoundExpression]
        let isDistinct: Bool
        let order: [Plan.SortItem]
    }

    var computation: Computation {
        Computation(function: function, arguments: arguments, isDistinct: isDistinct, order: order)
    }
}

extension WindowCall {
    /// What it computes, whichever column it goes to.
    struct Computation: Hashable {
        let function: Function
        let arguments: [BoundExpression]
        let partition: [BoundExpression]
        let order: [Plan.SortItem]
        let frame: Frame
        let ignoresNulls: Bool
        let isDistinct: Bool
        let aggregateOrder: [SortKey]
    }

    var computation: Computation {
        Computation(
            function: function, arguments: arguments, partition: partition, order: order, frame: frame,
            ignoresNulls: ignoresNulls, isDistinct: isDistinct, aggregateOrder: aggregateOrder)
    }
}
