import DurableIO
public import ObjectStore

/// Names and sizes of a pipeline. The defaults are those of the pipelines that this one replaces.
public struct PipelineSettings: Sendable {
    /// The topic that quotes are produced to.
    public var topic = "stock-quotes"
    /// How many partitions the topic gets when it is made.
    public var partitions: Int32 = 1
    /// The bucket that the topic is sunk to.
    public var bucket = "bronze-transactions"
    /// The consumer group of the sink.
    public var group = "bronze-sink"
    /// An object is closed when its records reach this size in bytes, before compression.
    public var objectBytes = 32 << 20
    /// An object is closed, too, before a record whose time is so many milliseconds behind that of its first; `nil`
    /// where time does not matter.
    public var rollMilliseconds: Int64?
    /// How objects are named, and what goes into one.
    public var keyLayout = KeyLayout.partition
    /// What of an object has reached the disk before the sink goes on.
    public var durability = Durability.full
    /// The bytes that a model's statement may hold before it uses temporary files. A pipeline runs beside other things,
    /// and rows that are sorted in files cost it little.
    public var memoryLimit = 256 << 20
    /// Now: the time that rows, objects and commits are stamped with, in nanoseconds since 1970.
    public var clock: @Sendable () -> Int64 = { WallClock.nanoseconds() }

    /// The usual names.
    public init() {}

    /// Where lines go that are no quotes, on their way to `LOAD_REJECTS`.
    public var rejectsTopic: String { topic + Self.rejectsSuffix }

    static let rejectsSuffix = "-rejects"
}
