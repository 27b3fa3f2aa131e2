import JSON
import PartitionedLog

/// How a record is printed, in kcat's letters: %t topic, %p partition, %o offset, %k key, %K its length, %s
/// value, %S its length, %T time, %h headers, %% a percent sign, and the escapes \n \r \t \\ \xHH.
struct RecordFormat {
    private enum Part {
        case text([UInt8])
        case field(Character)
    }

    private let parts: [Part]

    /// - Returns: `nil` where the format has a letter that is not known; `fault` is then told which.
    init(_ format: String, fault: (String) -> Void) {
        var parts: [Part] = []
        var text: [UInt8] = []
        var rest = Substring(format)
        while let character = rest.popFirst() {
            switch character {
            case "%":
                guard let letter = rest.popFirst() else {
                    fault("the format ends behind a %; %% stands for one")
                    break
                }
                if letter == "%" {
                    text.append(UInt8(ascii: "%"))
                } else if "tpokKsSTh".contains(letter) {
                    if !text.isEmpty { parts.append(.text(text)) }
                    text = []
                    parts.append(.field(letter))
                } else {
                    fault("the format has %\(letter); there are %t %p %o %k %K %s %S %T %h and %%")
                }
            case "\\":
                text += EscapedBytes.takeEscape(&rest, fault: fault)
            default: text += Array(String(character).utf8)
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    /// Prints a record; what is null is nothing, and its length -1.
    func write(_ record: Record, of id: TopicPartition, to output: (UnsafeRawBufferPointer) -> Void) {
        func put(_ text: String) {
            var text = text
            text.withUTF8 { output(UnsafeRawBufferPointer($0)) }
        }
        for part in parts {
            switch part {
            case .text(let bytes): bytes.withUnsafeBytes(output)
            case .field("t"): put(id.topic)
            case .field("p"): put(String(id.partition))
            case .field("o"): put("\(record.offset)")
            case .field("k"): if let key = record.key { output(key) }
            case .field("K"): put(String(record.key?.count ?? -1))
            case .field("s"): if let value = record.value { output(value) }
            case .field("S"): put(String(record.value?.count ?? -1))
            case .field("T"): put(String(record.timestamp))
            case .field:
                put(
                    record.headers.map { header in
                        "\(header.key)=\(header.value.map { String(decoding: $0, as: UTF8.self) } ?? "NULL")"
                    }.joined(separator: ","))
            }
        }
    }

    /// A record as one JSON object, with kcat's names.
    static func json(_ record: Record, of id: TopicPartition) -> OrderedJSON {
        func text(_ bytes: UnsafeRawBufferPointer?) -> OrderedJSON {
            bytes.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null
        }
        var members: [(String, OrderedJSON)] = [
            ("topic", .string(id.topic)), ("partition", .integer(Int(id.partition))),
            ("offset", .integer(record.offset.value)), ("ts", .integer(record.timestamp)),
        ]
        if !record.headers.isEmpty {
            let headers = record.headers.flatMap { header in
                [
                    OrderedJSON.string(header.key),
                    header.value.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null,
                ]
            }
            members.append(("headers", .array(headers)))
        }
        return .object(members + [("key", text(record.key)), ("payload", text(record.value))])
    }
}
