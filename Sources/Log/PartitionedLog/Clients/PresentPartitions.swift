/// The partitions of a topic that are here, and the one among them that a record belongs to.
///
/// Keys go by how many partitions the topic has: one more than the highest number here, as far as can be told.
/// Where the partition that a key belongs to is elsewhere, its record is refused: put into another, it would not be
/// found there.
struct PresentPartitions {
    let partitions: [PartitionLog]
    private let topic: String
    private let path: String
    private let count: Int32
    /// Where each number stands in `partitions`; empty where it stands at its own place.
    private let places: [Int32: Int]

    /// - Throws: `LogError` with code `unknownTopicOrPartition` where there is none.
    init(of topic: String, in log: LogDirectory) throws {
        partitions = log.partitions(of: topic)
        guard let last = partitions.last else {
            throw LogError(.unknownTopicOrPartition, "there is no topic \(topic) in \(log.path)")
        }
        self.topic = topic
        path = log.path
        count = last.topicPartition.partition + 1
        let numbers = partitions.enumerated().map { ($0.element.topicPartition.partition, $0.offset) }
        places = Int(count) == partitions.count ? [:] : Dictionary(uniqueKeysWithValues: numbers)
    }

    /// The place in `partitions` of the one that a key belongs to.
    ///
    /// - Throws: `LogError` with code `unknownTopicOrPartition` where that is not here.
    func place(ofKey key: UnsafeRawBufferPointer) throws -> Int {
        let number = Partitioner.partition(key: key, of: count)
        if isWhole { return Int(number) }
        guard let place = places[number] else {
            throw LogError(
                .unknownTopicOrPartition,
                "a key belongs to partition \(number) of the \(count) of topic \(topic), which is not in \(path) (there "
                    + "\(numbers.count == 1 ? "is" : "are") \(Self.text(numbers))); put it there, add it, or name a partition"
            )
        }
        return place
    }

    /// The place in `partitions` of the one with this number.
    ///
    /// - Throws: as `place(ofKey:)`.
    func place(of number: Int32) throws -> Int {
        guard let place = partitions.firstIndex(where: { $0.topicPartition.partition == number }) else {
            throw LogError(
                .unknownTopicOrPartition, "topic \(topic) has \(Self.text(numbers)) in \(path), not \(number)"
            )
        }
        return place
    }

    /// Whether there are no gaps.
    var isWhole: Bool { places.isEmpty }

    private var numbers: [Int32] { partitions.map(\.topicPartition.partition) }

    /// Partition numbers that rise, as text: `partitions 0, 2 to 5`.
    static func text(_ numbers: [Int32]) -> String {
        var runs: [ClosedRange<Int32>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        let words = runs.map { run in
            run.count == 1 ? "\(run.lowerBound)" : "\(run.lowerBound) to \(run.upperBound)"
        }
        return (numbers.count == 1 ? "partition " : "partitions ") + words.joined(separator: ", ")
    }
}
