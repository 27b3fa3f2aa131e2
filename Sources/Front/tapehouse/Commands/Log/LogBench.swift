import DurableIO
import PartitionedLog
import Synchronization

/// The measurements of `tapehouse log bench`.
struct LogBench {
    let folder: String
    let recordBytes: Int
    let batchBytes: Int
    let totalBytes: Int

    private var recordCount: Int { totalBytes / recordBytes }
    private var label: String { "\(recordBytes) B in \(batchBytes >> 10) KiB" }

    /// Values of the given size in the shape of quotes: what they have in common compresses as quotes do.
    private static func values(_ size: Int) -> [[UInt8]] {
        var state: UInt64 = 42
        return (0..<4096).map { number in
            var text: [UInt8] = []
            while text.count < size {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let price = Int(state >> 40) % 100_000
                text += Array(
                    "{\"c\":\(price / 100).\(price % 100),\"symbol\":\"S\(number % 500)\",\"t\":\(1_704_205_800 + number)}"
                        .utf8)
            }
            return Array(text[..<size])
        }
    }

    private static let repetitions = 3

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start).seconds
    }

    private func fresh(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        if try FileSystem.local.kind(of: path) != nil { try FileSystem.local.removeTree(path) }
        return path
    }

    private func makeLog(_ name: String, flush: LogConfiguration.FlushPolicy = .os) throws -> LogDirectory {
        var configuration = LogConfiguration()
        configuration.flush = flush
        configuration.segmentBytes = 1 << 30
        configuration.maxMessageBytes = 4 << 20
        let log = try LogDirectory(try fresh(name), configuration: configuration)
        try log.createTopic("bench", partitions: 1)
        return log
    }

    // MARK: Rates

    func throughput(_ results: inout BenchResults) throws {
        let values = Self.values(recordBytes)
        for compression in [Compression.none, .zstd] {
            // Each is measured right after the other, several times: how fast the page cache takes new pages depends
            // on what was freed last.
            for _ in 0..<Self.repetitions {
                let limit = try copyChecksumWrite(values, syncs: false, count: recordCount)
                let log = try makeLog("produce")
                let rate = try produce(log, values, compression, count: recordCount, flushesEach: false)
                results.add(
                    "produce, os, \(compression.name), \(label)", "MB/s", rate * Double(recordBytes) / 1e6,
                    limit: compression == .none ? limit : nil)
                results.add("produce, os, \(compression.name), \(label), records", "records/s", rate)
                try consume(log, compression, &results)
            }
        }
        let few = max(1, min(recordCount, 300 * batchBytes / recordBytes))
        let syncLimit = try copyChecksumWrite(values, syncs: true, count: few)
        let log = try makeLog("produce", flush: .batch)
        let rate = try produce(log, values, .none, count: few, flushesEach: true)
        results.add(
            "produce, batch, none, \(label)", "MB/s", rate * Double(recordBytes) / 1e6, limit: syncLimit)
    }

    /// How many bytes a record takes in a batch of the log, and how many the batch's own header takes.
    private static let (recordOverheadBytes, headerBytes) = (11, 61)

    /// As many bytes as the log writes, copied into batches, checksummed and written, and waited for where `syncs`;
    /// MB/s of the records alone, as it is counted for the log.
    private func copyChecksumWrite(_ values: [[UInt8]], syncs: Bool, count: Int) throws -> Double {
        let path = try fresh("limit")
        try FileSystem.local.createDirectory(path)
        let file = try FileSystem.local.open("\(path)/file", .replace)
        let stride = recordBytes + Self.recordOverheadBytes
        let perBatch = max(1, (batchBytes - Self.headerBytes) / stride)
        var batch = [UInt8](repeating: 0, count: Self.headerBytes + perBatch * stride)
        var checksums: UInt32 = 0
        let seconds = try Self.seconds {
            var position = 0
            var done = 0
            while done < count {
                let records = min(perBatch, count - done)
                try batch.withUnsafeMutableBytes { batch in
                    for index in 0..<records {
                        values[(done + index) & 4095].withUnsafeBytes {
                            UnsafeMutableRawBufferPointer(
                                rebasing: batch[(Self.headerBytes + index * stride)...]
                            )
                            .copyMemory(from: $0)
                        }
                    }
                    let written = UnsafeRawBufferPointer(
                        rebasing: batch[..<(Self.headerBytes + records * stride)])
                    checksums ^= CRC32C.checksum(written)
                    try file.write(written, at: position)
                    position += written.count
                }
                if syncs { try file.sync() }
                done += records
            }
        }
        withExtendedLifetime(checksums) {}
        // What is still on its way to the disk would slow down what is measured next.
        try file.sync()
        return Double(count * recordBytes) / seconds / 1e6
    }

    /// Records a second.
    private func produce(
        _ log: LogDirectory, _ values: [[UInt8]], _ compression: Compression, count: Int, flushesEach: Bool
    ) throws -> Double {
        let writer = try TopicWriter(
            log, topic: "bench", batchBytes: batchBytes, compression: compression)
        let perBatch = max(1, (batchBytes - Self.headerBytes) / (recordBytes + Self.recordOverheadBytes))
        let seconds = try Self.seconds {
            for number in 0..<count {
                try values[number & 4095].withUnsafeBytes {
                    try writer.send(key: nil, value: $0, timestamp: 1_700_000_000_000 + Int64(number))
                }
                if flushesEach, number % perBatch == perBatch - 1 { try writer.flush() }
            }
            try writer.flush()
        }
        try log.flush()
        return Double(count) / seconds
    }

    /// Reads what was produced, beside the same file read without a log.
    private func consume(_ log: LogDirectory, _ compression: Compression, _ results: inout BenchResults)
        throws
    {
        let partition = try log.partition(TopicPartition("bench", 0))
        let size = partition.byteCount
        let file = try FileSystem.local.open("\(log.path)/bench-0/\(Offset.zero.fileName).log", .read)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
        defer { chunk.deallocate() }
        let readSeconds = try Self.seconds {
            var position = 0
            while position < size { position += try file.read(into: chunk, at: position) }
        }
        let limit = Double(size) / readSeconds / 1e6
        var bytes = 0
        let batchSeconds = try Self.seconds {
            let reader = PartitionReader(partition, from: .zero)
            while try reader.nextBatches({ bytes += $0.bytes.count }) {}
        }
        var records = 0
        var valueBytes = 0
        let recordSeconds = try Self.seconds {
            let reader = PartitionReader(partition, from: .zero)
            while try reader.next({ record in
                records += 1
                valueBytes += record.value?.count ?? 0
            }) {}
        }
        guard bytes == size, records == recordCount, valueBytes == recordCount * recordBytes else {
            throw Failure(.fault, "\(records) records of \(valueBytes) bytes came back, not \(recordCount)")
        }
        results.add(
            "consume batches, \(compression.name), \(label)", "MB/s", Double(size) / batchSeconds / 1e6,
            limit: limit)
        results.add(
            "consume records, \(compression.name), \(label)", "records/s", Double(records) / recordSeconds)
    }

    // MARK: Recovery and search

    func recoveryAndSeek(_ results: inout BenchResults) throws {
        let log = try makeLog("produce")
        _ = try produce(log, Self.values(recordBytes), .none, count: recordCount, flushesEach: false)
        let partition = try log.partition(TopicPartition("bench", 0))
        var state: UInt64 = 7
        let seeks = 2000
        let seekSeconds = try Self.seconds {
            for _ in 0..<seeks {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let number = Int64(state >> 33) % Int64(recordCount)
                let found = try partition.offset(forTimestamp: 1_700_000_000_000 + number)
                guard found?.offset == Offset(number) else {
                    throw Failure(.fault, "time \(number) is not found")
                }
            }
        }
        results.add("seek by timestamp", "seeks/s", Double(seeks) / seekSeconds)
        // As after a crash: no marker, no checkpoint, no index; the lock goes with the process, so a copy is opened.
        let copy = try fresh("recover")
        try FileSystem.local.createDirectory("\(copy)/bench-0")
        try FileSystem.local.rename(
            "\(log.path)/bench-0/\(Offset.zero.fileName).log",
            to: "\(copy)/bench-0/\(Offset.zero.fileName).log")
        let size = partition.byteCount
        // What waits to be written to the disk would be waited for by the recovery; that is not what is measured.
        try FileSystem.local.open("\(copy)/bench-0/\(Offset.zero.fileName).log", .update).sync()
        let recoverySeconds = try Self.seconds {
            let recovered = try LogDirectory(copy)
            guard
                try recovered.partition(TopicPartition("bench", 0)).logEndOffset == Offset(Int64(recordCount))
            else { throw Failure(.fault, "recovery lost records") }
        }
        results.add("recovery after a crash", "MB/s", Double(size) / recoverySeconds / 1e6)
    }

    // MARK: Latency

    /// Single records: until they are acknowledged, and until a reader that waits for them has them.
    func latency(_ results: inout BenchResults) throws {
        let value = Self.values(100)[0]
        for (name, policy, count) in [
            ("os", LogConfiguration.FlushPolicy.os, 20_000), ("batch", .batch, 1000),
        ] {
            let log = try makeLog("produce", flush: policy)
            let writer = try TopicWriter(log, topic: "bench", compression: .none)
            var times: [Double] = []
            times.reserveCapacity(count)
            for number in 0..<count {
                times.append(
                    try Self.seconds {
                        try value.withUnsafeBytes {
                            try writer.send(key: nil, value: $0, timestamp: 1_700_000_000_000 + Int64(number))
                        }
                        try writer.flush()
                    })
            }
            addPercentiles("single record acknowledged, \(name)", times, &results)
        }
        addPercentiles("single record to a waiting reader, os", try endToEnd(value, 5000), &results)
    }

    private func addPercentiles(_ name: String, _ times: [Double], _ results: inout BenchResults) {
        let sorted = times.sorted()
        for (percentile, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            let index = min(sorted.count - 1, Int(Double(sorted.count) * share))
            results.add("\(name), \(percentile)", "µs", sorted[index] * 1e6)
        }
    }

    /// From before the send to when a task that waits at the end of the partition has the record.
    private func endToEnd(_ value: [UInt8], _ count: Int) throws -> [Double] {
        let log = try makeLog("produce")
        let partition = try log.partition(TopicPartition("bench", 0))
        let arrivals = Arrivals()
        let reading = Task.detached {
            var next = Offset.zero
            let buffer = FetchBuffer()
            while next.value < count {
                _ = try await partition.waitForRecords(from: next, timeout: .seconds(10))
                next = try partition.fetch(from: next, into: buffer).nextOffset
                arrivals.note(next.value)
            }
        }
        let writer = try TopicWriter(log, topic: "bench", compression: .none)
        var times: [Double] = []
        for number in 0..<count {
            let start = ContinuousClock.now
            try value.withUnsafeBytes { try writer.send(key: nil, value: $0, timestamp: Int64(number)) }
            try writer.flush()
            times.append((arrivals.wait(for: Int64(number) + 1) - start).seconds)
        }
        reading.cancel()
        return times
    }
}

/// Up to where a reader has come, and since when.
private final class Arrivals: Sendable {
    private let reached = Atomic<Int64>(0)
    private let time = Mutex(ContinuousClock.now)

    func note(_ offset: Int64) {
        time.withLock { $0 = .now }
        reached.store(offset, ordering: .releasing)
    }

    func wait(for offset: Int64) -> ContinuousClock.Instant {
        while reached.load(ordering: .acquiring) < offset {}
        return time.withLock { $0 }
    }
}
