import DurableIO

/// Opens the directory of a partition: finishes or undoes what an unclean stop interrupted, checks what may not
/// have reached the disk, and rebuilds what goes with it. (What Kafka's LogLoader does.)
struct PartitionLoader {
    let topicPartition: TopicPartition
    let directory: String
    let configuration: LogConfiguration
    let fileSystem: FileSystem
    /// What is before it was on the disk when that was last noted.
    let recoveryPoint: Offset
    /// Records before it have been deleted.
    let logStart: Offset
    /// Whether the last writer closed the log, so that nothing has to be checked.
    let isClean: Bool
    let readOnly: Bool
    let now: Int64
    /// Whether segments are read that were on the disk long before the stop, too.
    var checksAll = false

    private var segments: [LogSegment] = []
    private var producers = ProducerStates()
    private var epochs = LeaderEpochs()
    private var scratch = RecordScratch()
    private(set) var recoveries: [PartitionLog.Recovery] = []

    init(
        _ topicPartition: TopicPartition, directory: String, configuration: LogConfiguration,
        fileSystem: FileSystem, recoveryPoint: Offset, logStart: Offset, isClean: Bool, readOnly: Bool,
        now: Int64
    ) {
        self.topicPartition = topicPartition
        self.directory = directory
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.recoveryPoint = recoveryPoint
        self.logStart = logStart
        self.isClean = isClean
        self.readOnly = readOnly
        self.now = now
    }

    /// Opens the partition.
    mutating func open(clock: @escaping @Sendable () -> Int64, signal: ChangeSignal) throws -> PartitionLog {
        PartitionLog(
            topicPartition, directory: directory, fileSystem: fileSystem, clock: clock, signal: signal,
            state: try load())
    }

    private mutating func load() throws -> PartitionLog.State {
        do {
            return try loadSegments()
        } catch let error as LogError where readOnly && error.code == .unsupportedForMessageFormat {
            // The other partitions can be looked at; whoever reads this one is told.
            segments = []
            return PartitionLog.State(
                configuration: configuration, segments: [], logStart: logStart, durableEnd: logStart,
                producers: producers, epochs: epochs, lastFlush: now, isReadOnly: true, refusal: error)
        }
    }

    /// - Throws: `LogError` with code `unsupportedForMessageFormat` before anything is changed, where a segment is
    ///   of an older format.
    private mutating func loadSegments() throws -> PartitionLog.State {
        if let refusal = try LegacyMessage.refusal(inDirectory: directory, fileSystem) { throw refusal }
        if !readOnly { try SegmentSwap(directory, fileSystem).finishInterrupted() }
        let names = try fileSystem.list(directory)
        let bases = names.compactMap { SegmentPaths.baseOffset($0, suffix: ".log") }
        if !readOnly { try removeOrphans(names, Set(bases)) }
        let epochFile = "\(directory)/\(LeaderEpochs.fileName)"
        if try fileSystem.kind(of: epochFile) == .file {
            epochs = LeaderEpochs(reading: try fileSystem.contents(of: epochFile))
        }
        // A segment's name may not be on the disk though its records are.
        if !readOnly, !isClean { try fileSystem.syncDirectory(directory) }
        let storedEpochs = epochs
        try openSegments(
            bases, snapshots: names.compactMap { SegmentPaths.baseOffset($0, suffix: ".snapshot") })
        let end = segments.last?.nextOffset ?? max(logStart, recoveryPoint)
        let lost = recoveries.contains { $0.lostFlushedRecords }
        // An offset that was given out once is never given to another record: readers may have gone past it.
        if !readOnly, segments.isEmpty || end < recoveryPoint {
            // The last one was, and is closed now.
            try segments.last?.seal()
            try segments.last?.flushIndexes()
            segments.append(try openSegment(max(end, recoveryPoint)))
            try fileSystem.syncDirectory(directory)
        }
        let logEnd = segments.last?.nextOffset ?? end
        epochs.truncate(to: logEnd)
        epochs.assign(
            lost ? epochs.current + 1 : epochs.current,
            from: lost ? logEnd : segments.first?.baseOffset ?? .zero)
        if !readOnly, epochs != storedEpochs { try PartitionLog.write(epochs, directory, fileSystem) }
        let first = segments.first?.baseOffset ?? logEnd
        return PartitionLog.State(
            configuration: configuration, segments: segments, logStart: min(max(logStart, first), logEnd),
            durableEnd: logEnd, producers: producers, epochs: epochs, lastFlush: now,
            isReadOnly: readOnly)
    }

    // MARK: Leftovers

    /// Removes indexes without a segment, which a deletion left behind that was interrupted.
    private func removeOrphans(_ names: [String], _ bases: Set<Offset>) throws {
        for name in names {
            let isLeftover = [".index", ".timeindex", ".txnindex"].contains { suffix in
                SegmentPaths.baseOffset(name, suffix: suffix).map { !bases.contains($0) } ?? false
            }
            if isLeftover || name.hasSuffix(".tmp") || name.hasSuffix(".deleted") {
                try fileSystem.removeFile("\(directory)/\(name)")
            }
        }
    }

    // MARK: Segments

    private func openSegment(_ base: Offset) throws -> LogSegment {
        try LogSegment(
            directory: directory, baseOffset: base, indexIntervalBytes: configuration.indexIntervalBytes,
            fileSystem: fileSystem, readOnly: readOnly)
    }

    /// Opens the segments, reading those that may hold what did not reach the disk, or whose indexes are gone.
    private mutating func openSegments(_ bases: [Offset], snapshots: [Offset]) throws {
        var settled = 0
        while settled < bases.count {
            let segment = try openSegment(bases[settled])
            let isLast = settled + 1 == bases.count
            if checksAll { break }
            let isSettled = isClean || (!isLast && bases[settled + 1] <= recoveryPoint)
            guard isSettled,
                try isLast ? segment.loadIndexes() : segment.assumeClosed(before: bases[settled + 1])
            else { break }
            segments.append(segment)
            settled += 1
        }
        let scanStart = settled < bases.count ? bases[settled] : segments.last?.nextOffset ?? .zero
        try loadProducers(before: scanStart, snapshots)
        try scan(Array(bases[settled...]))
        if !readOnly { try removeSnapshots(snapshots) }
    }

    private mutating func scan(_ bases: [Offset]) throws {
        for (index, base) in bases.enumerated() {
            let segment = try openSegment(base)
            let damage = try segment.scan { try note($0, in: segment) }
            segments.append(segment)
            if let damage {
                if try !cut(segment, damage, later: Array(bases[(index + 1)...])) { return }
            } else if !readOnly {
                // What a process left behind may still be on its way to the disk.
                try segment.file.sync()
            }
            if !readOnly, index + 1 < bases.count {
                try segment.seal()
                try segment.flushIndexes()
            }
        }
    }

    /// Cuts a segment where it is damaged.
    ///
    /// - Returns: whether the later segments are served all the same: those that were on the disk before the
    ///   stop, so that only what is damaged itself is lost.
    private mutating func cut(_ segment: LogSegment, _ damage: LogError, later: [Offset]) throws -> Bool {
        let lostFlushed = segment.nextOffset < recoveryPoint
        let size = try segment.file.size()
        if !readOnly {
            recoveries.append(
                PartitionLog.Recovery(
                    topicPartition: topicPartition, endOffset: segment.nextOffset,
                    bytesCut: size - segment.byteCount, lostFlushedRecords: lostFlushed,
                    reason: damage.message))
            if lostFlushed { try segment.setAsideDamagedPart() }
            try segment.truncateToValidPart()
        }
        if let next = later.first, next <= recoveryPoint { return true }
        guard !readOnly else { return false }
        // What was never flushed comes after what is lost, so it goes too; a reader must not see it without.
        for base in later {
            let paths = SegmentPaths(directory, base)
            try fileSystem.rename(paths.log, to: "\(paths.log).damaged")
            for path in paths.indexes { try fileSystem.removeFile(path) }
        }
        try fileSystem.syncDirectory(directory)
        return false
    }

    // MARK: Producers and epochs

    private mutating func note(_ batch: RecordBatchView, in segment: LogSegment?) throws {
        let header = batch.header
        if header.partitionLeaderEpoch > epochs.current || epochs.entries.isEmpty {
            epochs.assign(max(0, header.partitionLeaderEpoch), from: header.baseOffset)
        }
        if let aborted = try producers.replay(batch, &scratch) { segment?.noteAborted(aborted) }
    }

    /// The producers' state at `offset`: the newest snapshot before it that is whole, and what came behind
    /// that.
    private mutating func loadProducers(before offset: Offset, _ snapshots: [Offset]) throws {
        var from = segments.first?.baseOffset ?? offset
        for snapshot in snapshots.filter({ $0 <= offset }).sorted(by: >) {
            let path = SegmentPaths(directory, snapshot).snapshot
            guard let states = try? ProducerStates(reading: try fileSystem.contents(of: path)) else {
                continue
            }
            producers = states
            from = snapshot
            break
        }
        for segment in segments where segment.nextOffset > from && segment.baseOffset < offset {
            let start = try segment.floorPosition(from)
            let reader = BatchFileReader(segment.file, from: start, to: segment.byteCount)
            while let batch = try? reader.next() {
                if batch.header.baseOffset >= from { try note(batch, in: nil) }
            }
        }
        producers.expire(now: now)
    }

    /// Removes snapshots of offsets that are there no more, which must not be taken for the state at the offsets
    /// that come, and those that earlier stops left, but for the newest.
    private func removeSnapshots(_ snapshots: [Offset]) throws {
        let end = segments.last?.nextOffset ?? .zero
        let bases = Set(segments.map(\.baseOffset))
        let newest = snapshots.filter { $0 <= end }.max()
        for snapshot in snapshots where snapshot > end || (snapshot != newest && !bases.contains(snapshot)) {
            try fileSystem.removeFile(SegmentPaths(directory, snapshot).snapshot)
        }
    }
}
