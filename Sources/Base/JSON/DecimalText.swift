/// Decimals as text.
package enum DecimalText {
    /// `value` times 10^-scale.
    ///
    /// - Parameter trimmed: leaves out zeros at the end behind the point.
    package static func text(_ value: Int128, scale: Int, trimmed: Bool) -> String {
        guard scale > 0 else { return String(value) }
        var digits = Array(String(value.magnitude).utf8)
        if digits.count <= scale {
            digits.insert(contentsOf: repeatElement(0x30, count: scale + 1 - digits.count), at: 0)
        }
        var fraction = digits[(digits.count - scale)...]
        if trimmed { while fraction.last == 0x30 { fraction.removeLast() } }
        let whole = String(decoding: digits[..<(digits.count - scale)], as: UTF8.self)
        let sign = value < 0 ? "-" : ""
        return fraction.isEmpty
            ? sign + whole : "\(sign)\(whole).\(String(decoding: fraction, as: UTF8.self))"
    }
}
