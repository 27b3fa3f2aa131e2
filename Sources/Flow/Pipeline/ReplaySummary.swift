public import Modeling

/// What a replay did, stage by stage.
public struct ReplaySummary: Sendable {
    /// One recording.
    public struct Recording: Sendable {
        /// Its path, or `standard input`.
        public let path: String
        /// Lines read, blank ones included; where objects do not stand one on a line, each of them.
        public var lines = 0
        /// Quotes produced to the log.
        public var quotes = 0
        /// Lines that are no quotes.
        public var rejected = 0
        /// Quotes that the options leave out.
        public var filtered = 0
        /// Blank lines.
        public var blank = 0
        /// Why reading ended before the recording's end, if it did.
        public var failure: String?
        /// The first line that is no quote, or the beginning of that, and why.
        var firstReject: (content: [UInt8], reason: String)?
    }

    /// The work of one stage.
    public struct StageResult: Sendable {
        /// The stage.
        public let stage: Stage
        /// How many rows it moved on.
        public var rows = 0
        /// How many bytes of JSON those rows had.
        public var bytes = 0
        /// How long it was at work.
        public var duration = Duration.zero

        mutating func add(_ other: StageResult) {
            rows += other.rows
            bytes += other.bytes
            duration += other.duration
        }
    }

    /// Rejected lines with one reason.
    public struct Rejects: Sendable {
        /// The reason.
        public let reason: String
        /// How many lines.
        public var count = 0
        /// Where the first of them stand.
        public var places: [Place] = []
    }

    /// A line of a recording or of an object.
    public struct Place: Sendable, Equatable, CustomStringConvertible {
        /// The recording's path, or the object's URL.
        public let source: String
        /// The line's number, from 1.
        public let line: Int

        /// `source:line`
        public var description: String { "\(source):\(line)" }
    }

    /// How many places are kept for each reason.
    static let placesMax = 3

    /// The recordings, in order.
    public var recordings: [Recording] = []
    /// The stages, in order. They work side by side, so their times may add up to more than `duration`.
    public var stages: [StageResult] = Stage.allCases.map { StageResult(stage: $0) }
    /// Rejected lines by reason, in the order in which the reasons came up.
    public var rejects: [Rejects] = []
    /// Symbols that were asked for and that no quote had.
    public var unmatchedSymbols: [String] = []
    /// Where there are such: some of the symbols that quotes had.
    public var symbolsSeen: [String] = []
    /// How many rejects the warehouse had not seen before.
    public var newRejects = 0
    /// How many objects were put.
    public var objectsPut = 0
    /// How long it all took.
    public var duration = Duration.zero
    /// What was built, by the last build.
    public var models: [ModelResult] = []
    /// What is on the disk now.
    public var disk: DiskUsage?

    mutating func add(_ result: StageResult) {
        guard let index = stages.firstIndex(where: { $0.stage == result.stage }) else { return }
        stages[index].add(result)
    }

    mutating func addReject(_ reason: String, place: Place) {
        addRejects(Rejects(reason: reason, count: 1, places: [place]))
    }

    mutating func addRejects(_ added: Rejects) {
        guard let index = rejects.firstIndex(where: { $0.reason == added.reason }) else {
            return rejects.append(added)
        }
        rejects[index].count += added.count
        let free = Self.placesMax - rejects[index].places.count
        if free > 0 { rejects[index].places += added.places.prefix(free) }
    }
}
