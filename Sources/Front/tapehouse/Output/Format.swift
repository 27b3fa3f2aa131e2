/// Numbers for people.
enum Format {
    /// `1,234,567`
    static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// A number with so many decimals, rounded half away from zero.
    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((value.magnitude * scale).rounded())
        guard places > 0 else { return (value < 0 && scaled > 0 ? "-" : "") + grouped(scaled) }
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let whole = Int(padded.dropLast(places)) ?? 0
        return (value < 0 && scaled > 0 ? "-" : "") + grouped(whole) + "." + padded.suffix(places)
    }

    /// `1.5 MB`, in powers of 1000.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return unit == "B" ? "\(count) B" : "\(fixed(value, 1)) \(unit)" }
            value /= 1000
        }
        return "\(fixed(value, 1)) TB"
    }

    /// `1.23 s`
    static func duration(_ duration: Duration) -> String {
        "\(fixed(duration.seconds, 2)) s"
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension String {
    /// The text with blanks behind it up to so many columns.
    func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - DisplayWidth.of(self)))
    }

    /// The text with blanks before it up to so many columns.
    func leftPadding(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - DisplayWidth.of(self))) + self
    }

    /// The text with its control characters, which could command a terminal or move what stands beside it,
    /// replaced by signs.
    var printable: String {
        let isControl = { (scalar: Unicode.Scalar) in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        }
        guard unicodeScalars.contains(where: isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": text.unicodeScalars.append("⏎")
            case "\t": text.unicodeScalars.append("⇥")
            default: text.unicodeScalars.append(isControl(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return text
    }
}

/// Terminal colours, where they are wanted.
enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"

    func callAsFunction(_ text: String) -> String {
        Terminal.usesColor ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
