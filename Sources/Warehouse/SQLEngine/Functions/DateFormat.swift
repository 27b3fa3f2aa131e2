import Vectors

/// A format of dates and times, such as `YYYY-MM-DD HH24:MI:SS.FF3`, read once and used for many values.
package struct DateFormat: Sendable {
    enum Element: Equatable, Sendable {
        /// YYYY, and UUUU, which may be negative.
        case year, signedYear
        /// YY: 70 to 99 are of the 20th century, 00 to 69 of the 21st.
        case shortYear
        case month, shortMonthName, monthName
        case day, shortDayName
        /// HH24, HH12, and HH, which is HH12 where the format has AM or PM.
        case hour24, hour12
        case halfOfDay
        case minute, second
        /// FF0 to FF9; FF is FF9.
        case fraction(Int)
        /// TZH with its sign, TZM.
        case zoneHour, zoneMinute
        /// TZD: Z, or the offset as +01:00.
        case zoneDesignator
        case literal([UInt8])
    }

    let elements: [Element]
    /// AUTO: whatever form can be told from the text; written in the default form.
    let isAutomatic: Bool
    /// The most bytes that a value needs.
    package let byteCountMax: Int

    /// Reads a format. Its elements may be in either case; whatever is none, and what is in double quotes, stands
    /// for itself.
    package static func compile(_ text: String) throws(SQLError) -> DateFormat {
        if Array(text.utf8.map { $0 & 0xDF }) == Array("AUTO".utf8) {
            return DateFormat(elements: [], isAutomatic: true)
        }
        var reader = Reader(bytes: Array(text.utf8), text: text)
        return DateFormat(elements: try reader.elements(), isAutomatic: false)
    }

    private init(elements: [Element], isAutomatic: Bool) {
        self.elements = elements
        self.isAutomatic = isAutomatic
        let lengths = elements.map { element in
            if case .literal(let bytes) = element { bytes.count } else { 12 }
        }
        byteCountMax = isAutomatic ? 64 : lengths.reduce(0, +)
    }

    /// Reads the text of a format.
    private struct Reader {
        let bytes: [UInt8]
        let text: String
        private var place = 0

        init(bytes: [UInt8], text: String) {
            self.bytes = bytes
            self.text = text
        }

        /// The words of elements; of two that begin alike the longer one first.
        private static let words: [(word: [UInt8], element: Element)] = {
            var words: [(String, Element)] = [
                ("YYYY", .year), ("UUUU", .signedYear), ("YY", .shortYear), ("MMMM", .monthName),
                ("MON", .shortMonthName),
                ("MM", .month), ("MI", .minute), ("DD", .day), ("DY", .shortDayName), ("HH24", .hour24),
                ("HH12", .hour12),
                ("AM", .halfOfDay), ("PM", .halfOfDay), ("SS", .second), ("TZH", .zoneHour),
                ("TZM", .zoneMinute),
                ("TZD", .zoneDesignator),
            ]
            for digits in 0...9 { words.append(("FF\(digits)", .fraction(digits))) }
            words.append(("FF", .fraction(9)))
            return words.map { (Array($0.0.utf8), $0.1) }
        }()

        mutating func elements() throws(SQLError) -> [Element] {
            var elements: [Element] = []
            var plainHours: [Int] = []
            while place < bytes.count {
                if let found = Self.words.first(where: { stands($0.word) }) {
                    elements.append(found.element)
                    place += found.word.count
                } else if stands(Array("HH".utf8)) {
                    plainHours.append(elements.count)
                    elements.append(.hour24)
                    place += 2
                } else {
                    Self.append(try literal(), to: &elements)
                }
            }
            if elements.contains(.halfOfDay) { for index in plainHours { elements[index] = .hour12 } }
            return elements
        }

        private func stands(_ word: [UInt8]) -> Bool {
            guard place + word.count <= bytes.count else { return false }
            for (offset, letter) in word.enumerated() {
                let byte = bytes[place + offset]
                guard byte == letter || (byte ^ 0x20 == letter && letter >= 0x41) else { return false }
            }
            return true
        }

        /// Characters that stand for themselves: one, or those in double quotes (in which two quotes are
        /// one).
        private mutating func literal() throws(SQLError) -> [UInt8] {
            let first = bytes[place]
            place += 1
            guard first == 0x22 else { return [first] }
            var result: [UInt8] = []
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                if byte != 0x22 {
                    result.append(byte)
                } else if place < bytes.count, bytes[place] == 0x22 {
                    result.append(byte)
                    place += 1
                } else {
                    return result
                }
            }
            throw SQLError(.invalid, "the format '\(text)' has a double quote without its end")
        }

        private static func append(_ bytes: [UInt8], to elements: inout [Element]) {
            if bytes.isEmpty { return }
            if case .literal(let before)? = elements.last {
                elements[elements.count - 1] = .literal(before + bytes)
            } else {
                elements.append(.literal(bytes))
            }
        }
    }
}
