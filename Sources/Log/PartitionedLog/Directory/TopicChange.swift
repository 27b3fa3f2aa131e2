import DurableIO

/// A change of a topic that takes several steps in the directory: partitions that are made, or deleted.
///
/// It is written down before the first step and struck out after the last, so that the next start goes on with it. A
/// topic of which only some partitions are there, and that no file says is being changed, has the others elsewhere: on
/// another disk, or on another broker of a cluster. Then nothing is done about it.
struct TopicChange: Equatable {
    enum Kind: String {
        case create
        case delete
    }

    static let fileName = "unfinished-topic-change"

    let kind: Kind
    let topic: String
    /// What tells the topic from another of its name; `nil` where the partitions have none.
    let topicID: KafkaID?
    let partitions: [Int32]
    /// The settings of a topic that is made.
    var configs: [String: String] = [:]

    var ids: [TopicPartition] { partitions.map { TopicPartition(topic, $0) } }

    // MARK: The file

    /// The change that the last process did not finish, or `nil`.
    static func unfinished(in path: String, _ fileSystem: FileSystem) throws -> TopicChange? {
        let file = "\(path)/\(fileName)"
        guard try fileSystem.kind(of: file) == .file else { return nil }
        let values = PropertiesFile(reading: try fileSystem.contents(of: file)).values
        let numbers = (values["partitions"] ?? "").split(separator: ",").map { Int32($0) }
        guard let kind = values["change"].flatMap(Kind.init), let topic = values["topic"],
            !numbers.contains(nil)
        else {
            throw LogError(
                .corruptMessage,
                "\(file) does not say what change of which topic was begun; look at the topics' directories and remove it"
            )
        }
        let prefix = "config."
        let configs = values.filter { $0.key.hasPrefix(prefix) }.map {
            (String($0.key.dropFirst(prefix.count)), $0.value)
        }
        return TopicChange(
            kind: kind, topic: topic, topicID: values["topic.id"].map(KafkaID.init(text:)),
            partitions: numbers.compactMap { $0 }, configs: Dictionary(uniqueKeysWithValues: configs))
    }

    /// Writes it down.
    func begin(in path: String, _ fileSystem: FileSystem) throws {
        if let other = try Self.unfinished(in: path, fileSystem) {
            throw LogError(
                .storage,
                "a change of topic \(other.topic) failed half-way before; open the log again, which finishes it"
            )
        }
        var values = [
            "change": kind.rawValue, "topic": topic,
            "partitions": partitions.map(String.init).joined(separator: ","),
        ]
        values["topic.id"] = topicID?.text
        for (name, value) in configs { values["config.\(name)"] = value }
        let file = "\(path)/\(Self.fileName)"
        do {
            try fileSystem.replaceContents(of: file, with: PropertiesFile(values).encoded)
        } catch {
            // Nothing has been done yet.
            try? fileSystem.removeFile(file)
            throw error
        }
    }

    /// Strikes it out, once what it did is on the disk.
    static func end(in path: String, _ fileSystem: FileSystem) throws {
        try fileSystem.syncDirectory(path)
        try fileSystem.removeFile("\(path)/\(fileName)")
        try fileSystem.syncDirectory(path)
    }

    // MARK: Its steps

    /// Goes on with it where an interruption ended it.
    func finish(in path: String, _ fileSystem: FileSystem) throws {
        for id in ids {
            switch kind {
            case .create:
                if try fileSystem.kind(of: "\(path)/\(id)") == nil { try make(id, in: path, fileSystem) }
            case .delete:
                // Since then a broker may have made another topic of the name.
                guard try fileSystem.kind(of: "\(path)/\(id)") == .directory,
                    try Self.topicID(of: id, in: path, fileSystem) == topicID
                else { continue }
                try Self.remove(id, in: path, fileSystem)
            }
        }
        try Self.end(in: path, fileSystem)
    }

    /// Makes the directory of a partition. It gets its name once all is in it; what an interruption leaves is removed
    /// as a deleted one is.
    func make(_ id: TopicPartition, in path: String, _ fileSystem: FileSystem) throws {
        let directory = "\(path)/\(id)"
        guard try fileSystem.kind(of: directory) == nil else {
            throw LogError(.topicAlreadyExists, "\(directory) is there already, and is left as it is")
        }
        let unfinished = "\(path)/\(Self.deletedName(id))"
        try fileSystem.createDirectory(unfinished)
        if id.partition == partitions.min(), !configs.isEmpty {
            try fileSystem.replaceContents(
                of: "\(unfinished)/\(LogDirectory.configsName)", with: PropertiesFile(configs).encoded)
        }
        if let topicID {
            try fileSystem.replaceContents(
                of: "\(unfinished)/partition.metadata",
                with: Array("version: 0\ntopic_id: \(topicID.text)".utf8))
        }
        try fileSystem.rename(unfinished, to: directory)
    }

    /// Gives the directory of a partition the name of a deleted one.
    static func remove(_ id: TopicPartition, in path: String, _ fileSystem: FileSystem) throws {
        try fileSystem.rename("\(path)/\(id)", to: "\(path)/\(deletedName(id))")
    }

    /// The id of a partition's topic; `nil` where the partition has none, as before Kafka 2.8.
    static func topicID(of id: TopicPartition, in path: String, _ fileSystem: FileSystem) throws -> KafkaID? {
        let file = "\(path)/\(id)/partition.metadata"
        guard try fileSystem.kind(of: file) == .file else { return nil }
        let text = String(decoding: try fileSystem.contents(of: file), as: UTF8.self)
        let label = "topic_id: "
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else {
            throw LogError(.corruptMessage, "\(file) names no topic_id")
        }
        return KafkaID(text: String(line.dropFirst(label.count)))
    }

    // MARK: Names of directories

    /// The longest name that file systems take.
    private static let nameBytesMax = 255
    private static let deletedSuffix = "-delete"

    /// The name that a partition's directory has once it is deleted, `topic-partition.mark-delete`; of a long topic's
    /// name the end is left out, as in Kafka.
    static func deletedName(_ id: TopicPartition) -> String {
        var generator = SystemRandomNumberGenerator()
        let mark = [generator.next(), generator.next()].map { (number: UInt64) in
            String(number | 1 << 63, radix: 16)
        }
        let end = "-\(id.partition).\(mark.joined())\(deletedSuffix)"
        return String(decoding: id.topic.utf8.prefix(nameBytesMax - end.utf8.count), as: UTF8.self) + end
    }

    /// Whether a name is that of a deleted partition's directory.
    static func isDeletedName(_ name: String) -> Bool { isMarked(name, deletedSuffix) }

    /// Whether a name is `topic-partition.mark` with a suffix.
    static func isMarked(_ name: String, _ suffix: String) -> Bool {
        guard name.hasSuffix(suffix) else { return false }
        let marked = name.dropLast(suffix.count)
        guard let dot = marked.lastIndex(of: "."), marked.index(after: dot) != marked.endIndex else {
            return false
        }
        return TopicPartition(directoryName: String(marked[..<dot])) != nil
    }

    /// Checks that a partition's directory can have its name.
    ///
    /// - Throws: `LogError` with code `invalidTopic`.
    static func requireName(_ id: TopicPartition) throws {
        guard "\(id)".utf8.count <= nameBytesMax else {
            throw LogError(
                .invalidTopic,
                "\(id) would be a directory with a name of \("\(id)".utf8.count) bytes, of which \(nameBytesMax) are taken"
            )
        }
    }
}
