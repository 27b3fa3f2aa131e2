import DurableIO
import ObjectStore
import PartitionedLog

/// How the sink names its objects, and what it puts into one.
public enum KeyLayout: String, Sendable, CaseIterable {
    /// `TOPIC/partition=P/OFFSET.ndjson.zst`: runs of records, compressed.
    case partition
    /// `SYMBOL/TIME.TOPIC-P-OFFSET.json`: one record, as it is. The layout of the usual tutorials, whose
    /// `SYMBOL/TIME.json` keeps one of all the quotes of a second.
    case symbol
}

/// Where an object of the sink lies: a function of where its first record does.
struct SinkKey: Equatable {
    let partition: TopicPartition
    let firstOffset: Offset
    let text: String

    private static let runSuffix = ".ndjson.zst"
    private static let partitionLabel = "partition="
    private static let recordSuffix = ".json"

    private init(partition: TopicPartition, firstOffset: Offset, text: String) {
        self.partition = partition
        self.firstOffset = firstOffset
        self.text = text
    }

    /// The key of a run of records.
    init(_ partition: TopicPartition, _ firstOffset: Offset) {
        self.partition = partition
        self.firstOffset = firstOffset
        text = "\(Self.runPrefix(partition))\(firstOffset.fileName)\(Self.runSuffix)"
    }

    /// What the keys of all runs of a topic begin with, and nothing else.
    static func runPrefix(topic: String) -> String { "\(topic)/\(partitionLabel)" }

    /// What the keys of a partition's runs begin with.
    static func runPrefix(_ partition: TopicPartition) -> String {
        "\(runPrefix(topic: partition.topic))\(partition.partition)/"
    }

    /// A text that comes before the key of a run, and behind those of all runs before it.
    var textBefore: String { String(text.dropLast(Self.runSuffix.count)) }

    /// The key of one record.
    ///
    /// - Parameter seconds: its time.
    init(_ partition: TopicPartition, _ offset: Offset, symbol: String, seconds: Int64) {
        self.partition = partition
        firstOffset = offset
        text =
            "\(Self.escaped(symbol))/\(seconds).\(partition.topic)-\(partition.partition)-\(offset)\(Self.recordSuffix)"
    }

    /// Reads a key; `nil` for one that the sink did not make.
    init?(_ text: String) {
        if text.hasSuffix(Self.runSuffix) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].hasPrefix(Self.partitionLabel),
                let partition = Int32(parts[1].dropFirst(Self.partitionLabel.count)),
                let offset = Int64(parts[2].dropLast(Self.runSuffix.count))
            else { return nil }
            self.init(TopicPartition(String(parts[0]), partition), Offset(offset))
            guard self.text == text else { return nil }
        } else {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, text.hasSuffix(Self.recordSuffix), let dot = parts[1].firstIndex(of: "."),
                Int64(parts[1][..<dot]) != nil
            else { return nil }
            let name = parts[1][parts[1].index(after: dot)...].dropLast(Self.recordSuffix.count)
            let fields = name.split(separator: "-", omittingEmptySubsequences: false)
            guard fields.count >= 3, let partition = Int32(fields[fields.count - 2]),
                let offset = Int64(fields[fields.count - 1])
            else { return nil }
            self.init(
                partition: TopicPartition(fields.dropLast(2).joined(separator: "-"), partition),
                firstOffset: Offset(offset), text: text)
        }
    }

    /// Whether the object is compressed.
    var isCompressed: Bool { text.hasSuffix(Self.runSuffix) }

    /// A symbol as a directory's name: a slash or a control character as `%XX`, and dots where there is
    /// nothing else.
    private static func escaped(_ symbol: String) -> String {
        guard !symbol.isEmpty else { return "%" }
        let isDots = symbol.allSatisfy { $0 == "." }
        var name: [UInt8] = []
        for byte in symbol.utf8.prefix(80) {
            let isPlain =
                byte > 0x20 && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "%") && byte != 0x7F
            if isPlain, !isDots { name.append(byte) } else { name += "%\([byte].hexadecimal)".utf8 }
        }
        // Names that mean something on the drive.
        if name.elementsEqual("xl.meta".utf8) || String(decoding: name, as: UTF8.self).hasSuffix("__XLDIR__"),
            let last = name.popLast()
        {
            name += "%\([last].hexadecimal)".utf8
        }
        return String(decoding: name, as: UTF8.self)
    }
}
