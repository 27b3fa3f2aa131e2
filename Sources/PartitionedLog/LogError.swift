/// An error of the log, with the code that Kafka's protocol has for it.
public struct LogError: Error, Sendable, CustomStringConvertible {
    /// An error code of Kafka's protocol (org.apache.kafka.common.protocol.Errors).
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: Int16

        /// A code by its number.
        public init(rawValue: Int16) { self.rawValue = rawValue }

        /// The offset is outside what the partition holds.
        public static let offsetOutOfRange = Code(rawValue: 1)
        /// A checksum or a structure is wrong.
        public static let corruptMessage = Code(rawValue: 2)
        /// There is no such topic or partition.
        public static let unknownTopicOrPartition = Code(rawValue: 3)
        /// The batch is larger than the topic takes.
        public static let messageTooLarge = Code(rawValue: 10)
        /// The topic's name breaks the rules.
        public static let invalidTopic = Code(rawValue: 17)
        /// The topic is there already.
        public static let topicAlreadyExists = Code(rawValue: 36)
        /// The number of partitions is not one to be had.
        public static let invalidPartitions = Code(rawValue: 37)
        /// The disk failed; the log takes no more until it is opened again.
        public static let storage = Code(rawValue: 56)
        /// The batch is compressed in a way that this build cannot read.
        public static let unsupportedCompression = Code(rawValue: 76)
        /// A record breaks the format's rules.
        public static let invalidRecord = Code(rawValue: 87)
    }

    /// Kafka's code.
    public let code: Code
    /// What went wrong, where, and what can be done.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
