/// JSON values as text.
package enum JSONText {
    /// A double: the shortest text that names it, without ".0".
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A string with quotes and escapes.
    package static func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var writer = JSONWriter(capacity: bytes.count + 2)
        writer.appendQuoted(bytes)
        return writer.text
    }

    /// Appends the characters of a string, escaped, without quotes.
    package static func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count * 6 + 1) { room in
            guard let start = room.baseAddress else { return }
            let end = JSONWriter.writeEscaped(bytes, start)
            result.append(contentsOf: room[..<(end - start)])
        }
    }
}
