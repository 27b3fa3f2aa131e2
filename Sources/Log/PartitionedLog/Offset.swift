/// The place of a record in its partition, counted from 0.
public struct Offset: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number.
    public let value: Int64

    /// The offset with this number.
    public init(_ value: Int64) { self.value = value }

    /// The first offset of a new partition.
    public static let zero = Offset(0)

    /// The offset `count` places on.
    public static func + (offset: Offset, count: Int64) -> Offset { Offset(offset.value + count) }

    /// How many places lie between two offsets.
    public static func - (left: Offset, right: Offset) -> Int64 { left.value - right.value }

    /// Compares by number.
    public static func < (left: Offset, right: Offset) -> Bool { left.value < right.value }

    /// The number.
    public var description: String { String(value) }

    /// The number with leading zeros to 20 digits, as Kafka names a segment by its base offset.
    public var fileName: String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    }
}

/// A partition of a topic.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The topic's name.
    public let topic: String
    /// The partition's number, from 0.
    public let partition: Int32

    /// Names a partition.
    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// Orders by topic, then by number.
    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        left.topic == right.topic ? left.partition < right.partition : left.topic < right.topic
    }

    /// `topic-partition`, which is the directory's name too.
    public var description: String { "\(topic)-\(partition)" }

    /// The partition that a directory's name stands for, or `nil` where it stands for none.
    public init?(directoryName: String) {
        guard let dash = directoryName.lastIndex(of: "-"), dash != directoryName.startIndex,
            let partition = Int32(directoryName[directoryName.index(after: dash)...]),
            (0..<Int32.max).contains(partition)
        else { return nil }
        self.init(String(directoryName[..<dash]), partition)
        // `t-01` and `t-+1` are no partitions: they are not the directories of `t-1`.
        guard description == directoryName else { return nil }
    }

    /// Checks a topic's name by Kafka's rules: 1 to 249 of letters, digits, `.`, `_` and `-`; not `.` or
    /// `..`.
    ///
    /// - Throws: `LogError` with code `invalidTopic`.
    public static func validate(topic: String) throws {
        let legal = topic.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard legal, (1...249).contains(topic.utf8.count), topic != ".", topic != ".." else {
            throw LogError(
                .invalidTopic,
                "'\(topic)' is no name for a topic: use 1 to 249 letters, digits, '.', '_' and '-'")
        }
    }
}
