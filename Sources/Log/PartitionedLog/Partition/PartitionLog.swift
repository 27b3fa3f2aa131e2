import DurableIO
import Synchronization

/// One partition: an append-only sequence of record batches, kept in segments in a directory of its own.
///
/// Readers see what is before the high watermark. Under the flush policies `os` and `interval` that is the end of
/// the log, as in a single Kafka broker; under `batch` it is the end of what is known to be on the disk.
/// Thread-safe.
public final class PartitionLog: Sendable {
    /// Which partition this is.
    public let topicPartition: TopicPartition
    let directory: String
    let fileSystem: FileSystem
    let clock: @Sendable () -> Int64
    let signal: ChangeSignal
    let state: Mutex<State>
    /// Held by whoever writes through to the disk, so that those who wait meanwhile share the next one.
    let flushing = Mutex(())
    /// Held by whoever replaces or removes segments.
    let cleaning = Mutex(())

    struct State: ~Copyable {
        var configuration: LogConfiguration
        /// By base offset; the last one is written to.
        var segments: [LogSegment]
        /// Records before it are not served, though their segment may still hold them.
        var logStart: Offset
        /// What is before it is on the disk.
        var durableEnd: Offset
        var producers: ProducerStates
        var epochs: LeaderEpochs
        /// Closed segments that have yet to be written through.
        var unflushed: [LogSegment] = []
        /// Whether the name of a new segment has yet to be written through.
        var hasNewNames = false
        var lastFlush: Int64
        /// Set once a sync fails. Linux may then drop what was not written and call the next sync a success,
        /// so only what is found on the disk by opening the log again can be trusted.
        var hasFailed = false
        var isDeleted = false
        /// Set once the directory is closed, and at once where it is only looked at.
        var isReadOnly: Bool
        /// Why nothing can be read here, where it is so.
        var refusal: LogError?

        var active: LogSegment { segments[segments.count - 1] }
        var end: Offset { segments.last?.nextOffset ?? logStart }
        var highWatermark: Offset { configuration.flush == .batch ? durableEnd : end }
    }

    /// What was cut off when a partition was opened after an unclean stop.
    public struct Recovery: Sendable {
        /// The partition.
        public let topicPartition: TopicPartition
        /// The offset at which the good records end.
        public let endOffset: Offset
        /// How many bytes were cut off.
        public let bytesCut: Int
        /// Whether some of them had been flushed: then acknowledged records are no longer served, and what
        /// was cut off stands beside the segment in a file that ends in `.damaged`.
        public let lostFlushedRecords: Bool
        /// What was wrong with the first byte cut.
        public let reason: String
    }

    /// Which records a reader wants to see (Kafka's `isolation.level`).
    public enum Isolation: Sendable {
        /// All before the high watermark.
        case readUncommitted
        /// Those before the last stable offset; those of aborted transactions are to be left out.
        case readCommitted
    }

    init(
        _ topicPartition: TopicPartition, directory: String, fileSystem: FileSystem,
        clock: @escaping @Sendable () -> Int64, signal: ChangeSignal, state: consuming sending State
    ) {
        self.topicPartition = topicPartition
        self.directory = directory
        self.fileSystem = fileSystem
        self.clock = clock
        self.signal = signal
        self.state = Mutex(state)
    }

    /// The settings.
    public var configuration: LogConfiguration { state.withLock { $0.configuration } }
    /// The offset of the oldest record that is served.
    public var logStartOffset: Offset { state.withLock { $0.logStart } }
    /// The offset that the next record gets.
    public var logEndOffset: Offset { state.withLock { $0.end } }
    /// The offset behind the last record that readers see.
    public var highWatermark: Offset { state.withLock { $0.highWatermark } }
    /// The offset before which every transaction is decided: where `readCommitted` ends.
    public var lastStableOffset: Offset { state.withLock { Self.lastStableOffset(&$0) } }
    /// The offset before which everything is known to be on the disk.
    public var recoveryPoint: Offset { state.withLock { $0.durableEnd } }
    /// The size of all segments in bytes.
    public var byteCount: Int { state.withLock { $0.segments.reduce(0) { $0 + $1.byteCount } } }
    /// How many segments there are.
    public var segmentCount: Int { state.withLock { $0.segments.count } }
    /// The leader epoch of what is appended now.
    public var leaderEpoch: Int32 { state.withLock { $0.epochs.current } }

    static func lastStableOffset(_ state: inout State) -> Offset {
        let highWatermark = state.highWatermark
        guard let undecided = state.producers.firstUndecidedOffset(highWatermark: highWatermark) else {
            return highWatermark
        }
        return min(undecided, highWatermark)
    }

    /// Where reading ends for an isolation.
    static func limit(_ isolation: Isolation, _ state: inout State) -> Offset {
        isolation == .readCommitted ? lastStableOffset(&state) : state.highWatermark
    }

    /// Changes the settings for what comes.
    func configure(_ configuration: LogConfiguration) {
        state.withLock { $0.configuration = configuration }
    }

    /// The largest leader epoch up to `epoch` that wrote anything here, and the offset behind its last record
    /// (Kafka's OffsetForLeaderEpoch); `nil` where there is none.
    public func endOffset(ofLeaderEpoch epoch: Int32) -> (epoch: Int32, endOffset: Offset)? {
        state.withLock { $0.epochs.end(of: epoch, logEnd: $0.end) }
    }

    func requireSound(_ state: borrowing State) throws {
        guard !state.isDeleted else {
            throw LogError(.unknownTopicOrPartition, "\(topicPartition) has been deleted")
        }
        guard !state.isReadOnly else {
            throw LogError(.invalidRequest, "\(topicPartition) is closed, or was opened to be read only")
        }
        guard !state.hasFailed else {
            throw LogError(
                .storage,
                "\(topicPartition): the disk failed before; open the log again to go on with what is on it")
        }
    }

    /// Does what must not fail half-way: where it does, nothing more is taken until the log is opened again.
    func failing<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            state.withLock { $0.hasFailed = true }
            throw error
        }
    }
}
