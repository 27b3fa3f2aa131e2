import DurableIO
import Pipeline

/// A JSON value with its keys in the order in which they were given.
indirect enum JSON {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])
    /// Text that is JSON already.
    case raw(String)

    static func integer(_ value: Int) -> JSON { .integer(Int64(value)) }

    static func optional(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

    init(_ disk: DiskUsage) {
        self = .object([
            ("log", .integer(disk.logBytes)), ("objects", disk.objectBytes.map { .integer($0) } ?? .null),
            ("warehouse", .integer(disk.warehouseBytes)),
        ])
    }

    /// The value as text.
    func text() -> String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        switch self {
        case .null: output += "null"
        case .boolean(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .number(let value): output += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quote(value, to: &output)
        case .raw(let text): output += text
        case .array(let values):
            Self.writeList("[", "]", values.count, to: &output) { index, output in
                values[index].write(to: &output)
            }
        case .object(let members):
            Self.writeList("{", "}", members.count, to: &output) { index, output in
                Self.quote(members[index].0, to: &output)
                output += ":"
                members[index].1.write(to: &output)
            }
        }
    }

    private static func writeList(
        _ open: String, _ close: String, _ count: Int, to output: inout String,
        _ element: (Int, inout String) -> Void
    ) {
        output += open
        for index in 0..<count {
            if index > 0 { output += "," }
            element(index, &output)
        }
        output += close
    }

    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}
