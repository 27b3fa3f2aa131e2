import DurableIO

/// A checkpoint file: `0`, the number of lines, then `topic partition offset` a line
/// (org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile).
struct OffsetCheckpoint {
    var offsets: [TopicPartition: Offset] = [:]

    init(_ offsets: [TopicPartition: Offset] = [:]) {
        self.offsets = offsets
    }

    /// Reads the file; a missing one is empty, and so is one that is not in the format, since it only saves
    /// work.
    init(path: String, _ fileSystem: FileSystem) throws {
        guard try fileSystem.kind(of: path) == .file else { return }
        let text = String(decoding: try fileSystem.contents(of: path), as: UTF8.self)
        let lines = text.split(separator: "\n")
        guard lines.count >= 2, lines[0] == "0", Int(lines[1]) == lines.count - 2 else { return }
        for line in lines.dropFirst(2) {
            let words = line.split(separator: " ")
            guard words.count == 3, let partition = Int32(words[1]), let offset = Int64(words[2]) else {
                offsets = [:]
                return
            }
            offsets[TopicPartition(String(words[0]), partition)] = Offset(offset)
        }
    }

    var encoded: [UInt8] {
        let lines = offsets.sorted { $0.key < $1.key }.map {
            "\($0.key.topic) \($0.key.partition) \($0.value)\n"
        }
        return Array("0\n\(lines.count)\n\(lines.joined())".utf8)
    }
}

/// A 128-bit id in the unpadded URL-safe Base64 that Kafka writes ids in.
public struct KafkaID: Hashable, Sendable {
    /// The 22 letters.
    public let text: String

    init(text: String) {
        self.text = text
    }

    init(using generator: inout some RandomNumberGenerator) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var digits: [UInt8] = []
        // Kafka never gives an id that begins with a dash, which would look like an option.
        while digits.first.map({ $0 == UInt8(ascii: "-") }) ?? true {
            // Version 4, variant 1, as java.util.UUID.randomUUID makes them.
            var high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
            var low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
            digits = (0..<22).map { _ in
                defer {
                    high = high << 6 | low >> 58
                    low <<= 6
                }
                return alphabet[Int(high >> 58)]
            }
        }
        text = String(decoding: digits, as: UTF8.self)
    }
}

/// A `key=value` file as `java.util.Properties` writes it, for the few plain values that Kafka keeps in one.
struct PropertiesFile {
    var values: [String: String]

    init(_ values: [String: String]) {
        self.values = values
    }

    init(reading bytes: [UInt8]) {
        values = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
    }

    var encoded: [UInt8] {
        Array(values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined().utf8)
    }
}
