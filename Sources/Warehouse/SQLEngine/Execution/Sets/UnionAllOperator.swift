package import Vectors

/// UNION ALL: the rows of all inputs, those of the first one first.
package final class UnionAllOperator: PhysicalOperator {
    package let types: [SQLType]
    package let children: [any PhysicalOperator]
    package let title = "UnionAll"

    /// - Parameter children: at least one, all of the same types.
    package init(_ children: [any PhysicalOperator]) {
        precondition(!children.isEmpty, "a union has inputs")
        types = children[0].types
        // A union within a union is the same as one of all inputs.
        self.children = children.flatMap { child in (child as? UnionAllOperator)?.children ?? [child] }
    }

    package func open(_ context: ExecutionContext) throws -> [any BatchStream] {
        var made: [[Stream.Part]] = []
        // Each input has a band of orders of its own, as wide as can be.
        let width = UInt64.max / UInt64(children.count)
        for (number, child) in children.enumerated() {
            for (index, stream) in try child.open(context).enumerated() {
                if index == made.count { made.append([]) }
                made[index].append(
                    Stream.Part(stream: stream, firstOrder: UInt64(number) * width, width: width))
            }
        }
        return made.isEmpty ? [NoRows()] : made.map { Stream($0, context) }
    }

    private final class Stream: BatchStream {
        struct Part {
            let stream: any BatchStream
            let firstOrder: UInt64
            let width: UInt64
        }

        private let parts: [Part]
        private let context: ExecutionContext
        private var index = 0

        init(_ parts: [Part], _ context: ExecutionContext) {
            self.parts = parts
            self.context = context
        }

        func next() throws -> Batch? {
            while index < parts.count {
                try context.checkInterruption()
                let part = parts[index]
                if var batch = try part.stream.next() {
                    batch.order = part.firstOrder + min(batch.order, part.width - 1)
                    return batch
                }
                index += 1
            }
            return nil
        }
    }
}
