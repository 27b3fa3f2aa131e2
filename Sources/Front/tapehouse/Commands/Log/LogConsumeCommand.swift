import JSON
import ArgumentParser
import DurableIO
import PartitionedLog

struct LogConsumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Print records as they come.",
        discussion: """
            Looks on while others write, and waits for what comes; with --group it goes on where the group has committed, \
            commits what it has printed, and needs the log for itself.

            The format has kcat's letters: %t topic, %p partition, %o offset, %k key, %K its length, %s value, %S its length, \
            %T time in ms, %h headers, %% a percent sign; and \\n \\r \\t \\xHH.

            EXAMPLES
              tapehouse log consume trades --from-beginning --exit
              tapehouse log consume trades:1 --offset -10 -f '%o %k %s\\n'
              tapehouse log consume trades --offset s@1704205800000 --count 100 --json
              tapehouse log consume trades --group printer --exit
            """)

    @OptionGroup var log: LogOptions

    @Argument(help: "The topics, or TOPIC:PARTITION.")
    var topics: [TopicArgument]

    @Flag(
        name: .customLong("from-beginning"), help: "Begin at the oldest record; without, at what comes next.")
    var fromBeginning = false

    @Option(
        name: [.customShort("o"), .customLong("offset")], parsing: .unconditional,
        help: ArgumentHelp(
            "Where to begin: an offset, -N for the last N, beginning, end, or s@MS for a time.",
            valueName: "where"),
        transform: StartPlace.init(text:))
    var start: StartPlace?

    @Option(help: "Go on where this group has committed, and commit.")
    var group: String?

    @Option(name: [.customShort("c"), .customLong("count")], help: "End after so many records.")
    var count: Int?

    @Flag(
        name: [.customShort("e"), .customLong("exit")], help: "End at the end instead of waiting for more.")
    var exits = false

    @Option(name: .shortAndLong, help: "How a record is printed; its value and a line feed without.")
    var format = "%s\\n"

    @Flag(name: [.customShort("J"), .customLong("json")], help: "Print one JSON object a line.")
    var json = false

    @Flag(
        name: .customLong("read-committed"),
        help: "Leave out what is not, or not yet, committed by a transaction.")
    var readCommitted = false

    func validate() throws {
        guard !fromBeginning || start == nil else {
            throw ValidationError("--from-beginning and --offset exclude each other.")
        }
        if let count, count < 1 { throw ValidationError("--count must be 1 or more.") }
        var fault: String?
        _ = RecordFormat(format, fault: { fault = fault ?? $0 })
        if let fault { throw ValidationError("--format: \(fault).") }
    }

    func run() throws {
        Interruption.install()
        if group == nil {
            try consume(try log.openToRead(), groups: nil)
        } else {
            try log.change { try consume($0, groups: try GroupCoordinator($0)) }
        }
        if Interruption.isRequested { throw Failure(.interrupted) }
    }

    private func consume(_ log: LogDirectory, groups: GroupCoordinator?) throws {
        let partitions = try topics.flatMap { try $0.partitions(in: log) }
        let printer = RecordPrinter(format: json ? nil : RecordFormat(format, fault: { _ in }), count: count)
        let readers = try partitions.map { partition in
            PartitionReader(
                partition, from: try first(of: partition, groups),
                isolation: readCommitted ? .readCommitted : .readUncommitted)
        }
        while !printer.isDone, !Interruption.isRequested {
            var hasRead = false
            for reader in readers where !printer.isDone && !Interruption.isRequested {
                let id = reader.partition.topicPartition
                var next = reader.nextOffset
                let found = try reader.next { record in
                    guard !printer.isDone else { return }
                    printer.print(record, of: id)
                    next = record.offset + 1
                }
                guard found else { continue }
                hasRead = true
                if !printer.isDone { next = reader.nextOffset }
                // Printed before it is committed: after a crash it is printed again rather than never.
                StandardOutput.shared.flush()
                if let group { try groups?.commit(group, [id: CommittedOffset(next)]) }
            }
            if hasRead { continue }
            if exits { break }
            WallClock.sleep(.milliseconds(100))
            if groups == nil { for reader in readers { try reader.partition.refresh() } }
        }
    }

    private func first(of partition: PartitionLog, _ groups: GroupCoordinator?) throws -> Offset {
        if start == nil, !fromBeginning, let group,
            let committed = try groups?.committed(group, partition.topicPartition)
        {
            return max(committed.offset, partition.logStartOffset)
        }
        // A group that has committed nothing is to miss nothing.
        let place = start ?? (fromBeginning || group != nil ? .beginning : .end)
        return try place.offset(in: partition)
    }
}

/// Where reading begins.
enum StartPlace {
    case beginning
    case end
    case offset(Int64)
    case last(Int64)
    case time(Int64)

    init(text: String) throws {
        if text == "beginning" {
            self = .beginning
        } else if text == "end" {
            self = .end
        } else if text.hasPrefix("s@"), let time = Int64(text.dropFirst(2)) {
            self = .time(time)
        } else if let number = Int64(text) {
            self = text.hasPrefix("-") ? .last(Int64(clamping: number.magnitude)) : .offset(number)
        } else {
            throw ValidationError("'\(text)' is no place: give an offset, -N, beginning, end or s@MS.")
        }
    }

    func offset(in partition: PartitionLog) throws -> Offset {
        let (start, end) = (partition.logStartOffset, partition.highWatermark)
        switch self {
        case .beginning: return start
        case .end: return end
        case .offset(let number):
            guard (start.value...end.value).contains(number) else {
                throw Failure(.usage, "\(partition.topicPartition): \(Self.range(start, end)), not \(number)")
            }
            return Offset(number)
        case .last(let count): return max(start, end + -min(count, end.value))
        case .time(let time): return try partition.offset(forTimestamp: time)?.offset ?? end
        }
    }
}

extension StartPlace {
    /// Which offsets a partition holds.
    static func range(_ start: Offset, _ end: Offset) -> String {
        start == end
            ? "there are no records; the next has offset \(end)"
            : "there are offsets \(start) to \(end + -1), and the next record has \(end)"
    }
}

/// Prints records until there are enough.
private final class RecordPrinter {
    private let format: RecordFormat?
    private var left: Int?

    init(format: RecordFormat?, count: Int?) {
        self.format = format
        left = count
    }

    var isDone: Bool { left == 0 }

    func print(_ record: Record, of id: TopicPartition) {
        if let format {
            format.write(record, of: id) { StandardOutput.shared.write(bytes: $0) }
        } else {
            StandardOutput.shared.writeLine(RecordFormat.json(record, of: id).text)
        }
        left = left.map { $0 - 1 }
    }
}
