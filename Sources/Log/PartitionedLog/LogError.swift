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
        /// The text that goes with a committed offset is too long.
        public static let offsetMetadataTooLarge = Code(rawValue: 12)
        /// The topic's name breaks the rules.
        public static let invalidTopic = Code(rawValue: 17)
        /// The group has gone on to another generation.
        public static let illegalGeneration = Code(rawValue: 22)
        /// The member has no assignor in common with the group.
        public static let inconsistentGroupProtocol = Code(rawValue: 23)
        /// The group's name is no good.
        public static let invalidGroupID = Code(rawValue: 24)
        /// The group has no such member, or has put it out.
        public static let unknownMemberID = Code(rawValue: 25)
        /// The session timeout is outside what the coordinator takes.
        public static let invalidSessionTimeout = Code(rawValue: 26)
        /// The group is changing its members: join again.
        public static let rebalanceInProgress = Code(rawValue: 27)
        /// The record's time is too far from the log's clock.
        public static let invalidTimestamp = Code(rawValue: 32)
        /// The topic is there already.
        public static let topicAlreadyExists = Code(rawValue: 36)
        /// The number of partitions is not one to be had.
        public static let invalidPartitions = Code(rawValue: 37)
        /// There is no such setting, or it does not take the value.
        public static let invalidConfig = Code(rawValue: 40)
        /// The call makes no sense as it is.
        public static let invalidRequest = Code(rawValue: 42)
        /// The version of what is there is not one that is known.
        public static let unsupportedVersion = Code(rawValue: 35)
        /// The message format is one that the call cannot be done with.
        public static let unsupportedForMessageFormat = Code(rawValue: 43)
        /// The producer's batch does not follow its last one.
        public static let outOfOrderSequenceNumber = Code(rawValue: 45)
        /// A newer producer with the same id has taken over.
        public static let invalidProducerEpoch = Code(rawValue: 47)
        /// The producer is in no state to do that.
        public static let invalidTransactionState = Code(rawValue: 48)
        /// The producer's id is not that of its transactional id.
        public static let invalidProducerIDMapping = Code(rawValue: 49)
        /// The transaction's timeout is longer than the coordinator takes.
        public static let invalidTransactionTimeout = Code(rawValue: 50)
        /// The producer's last transaction is still being ended: try again.
        public static let concurrentTransactions = Code(rawValue: 51)
        /// The disk failed; the log takes no more until it is opened again.
        public static let storage = Code(rawValue: 56)
        /// The group has members.
        public static let nonEmptyGroup = Code(rawValue: 68)
        /// There is no such group.
        public static let groupIDNotFound = Code(rawValue: 69)
        /// The batch is compressed in a way that cannot be read.
        public static let unsupportedCompression = Code(rawValue: 76)
        /// Another member has taken over the instance id.
        public static let fencedInstanceID = Code(rawValue: 82)
        /// A record breaks the format's rules.
        public static let invalidRecord = Code(rawValue: 87)
        /// A transaction that moves the offset is not decided yet: try again.
        public static let unstableOffsetCommit = Code(rawValue: 88)
        /// A newer producer with the same transactional id has taken over.
        public static let producerFenced = Code(rawValue: 90)
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

    /// Whether the same call can succeed later without anything being changed, as Kafka's clients judge it.
    public var isRetriable: Bool {
        [.concurrentTransactions, .rebalanceInProgress, .unstableOffsetCommit].contains(code)
    }
}
