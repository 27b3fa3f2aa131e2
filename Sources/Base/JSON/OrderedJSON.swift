/// A JSON value to be written, its objects' keys in the order in which they were given.
package indirect enum OrderedJSON: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([OrderedJSON])
    case object([(String, OrderedJSON)])
    /// Text that is JSON already.
    case raw(String)

    package static func integer(_ value: Int) -> OrderedJSON { .integer(Int64(value)) }

    package static func optional(_ value: String?) -> OrderedJSON { value.map(OrderedJSON.string) ?? .null }

    /// The value as text; doubles that are no numbers are null.
    package var text: String {
        var writer = JSONWriter()
        append(to: &writer)
        return writer.text
    }

    private func append(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.append("null")
        case .boolean(let value): writer.append(value ? "true" : "false")
        case .integer(let value): writer.append(String(value))
        case .number(let value): writer.append(value.isFinite ? "\(value)" : "null")
        case .string(let value): writer.appendQuoted(value)
        case .raw(let text): writer.append(text)
        case .array(let values):
            writer.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                value.append(to: &writer)
            }
            writer.append(UInt8(ascii: "]"))
        case .object(let members):
            writer.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { writer.append(UInt8(ascii: ",")) }
                writer.appendQuoted(member.0)
                writer.append(UInt8(ascii: ":"))
                member.1.append(to: &writer)
            }
            writer.append(UInt8(ascii: "}"))
        }
    }
}
