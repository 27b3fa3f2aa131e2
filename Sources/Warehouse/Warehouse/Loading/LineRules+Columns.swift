import JSON
import ColumnStore
import Vectors

/// Finds the rows of a row group that do not plainly comply with rules, a column at a time.
struct RuleCheck {
    private let variant: ShreddedVariant
    /// A byte a row that is not 0 where a judge must look; made when the first is found.
    private var marks: [UInt8]?

    /// The rows, rising.
    static func suspects(_ variant: ShreddedVariant, _ rules: LineRules) -> [Int] {
        var check = RuleCheck(variant: variant)
        for (key, range) in rules.numbers { check.number(key, range) }
        for key in rules.texts { check.text(key) }
        // What did not go into a column may be anything.
        if let residue = variant.residue { check.markValues(of: residue) }
        guard let marks = check.marks else { return [] }
        return marks.indices.filter { marks[$0] != 0 }
    }

    private init(variant: ShreddedVariant) { self.variant = variant }

    private mutating func mark(_ row: Int) {
        if marks == nil { marks = [UInt8](repeating: 0, count: variant.count) }
        marks?[row] = 1
    }

    /// Marks rows that have something in a column, be it JSON null.
    private mutating func markValues(of vector: Vector) {
        for row in 0..<vector.count where vector.isValid(row) { mark(row) }
    }

    private mutating func number(_ key: String, _ range: ClosedRange<Int64>?) {
        for column in variant.columns where column.path[0].utf8.elementsEqual(key.utf8) {
            // An object is no number.
            guard column.path.count == 1 else {
                markValues(of: column.vector)
                continue
            }
            let vector = column.vector
            switch vector.layout {
            case .int64: if let range { integers(vector, range) }
            case .double:
                guard let range else { continue }
                let bounds = Double(range.lowerBound)...Double(range.upperBound)
                for row in 0..<vector.count
                where isValue(vector, row) && !bounds.contains(vector.doubles[row]) { mark(row) }
            default: for row in 0..<vector.count where isValue(vector, row) { mark(row) }
            }
        }
    }

    private mutating func integers(_ vector: Vector, _ range: ClosedRange<Int64>) {
        let power = vector.scale <= 18 ? Int64(truncatingIfNeeded: integerPower(vector.scale)) : 0
        let (low, isLowOut) = range.lowerBound.multipliedReportingOverflow(by: power)
        let (high, isHighOut) = range.upperBound.multipliedReportingOverflow(by: power)
        guard power > 0, !isLowOut, !isHighOut else { return markValues(of: vector) }
        let values = vector.int64s
        var isWithin = true
        for row in 0..<vector.count { isWithin = isWithin && values[row] >= low && values[row] <= high }
        if isWithin { return }
        for row in 0..<vector.count where isValue(vector, row) && !(low...high).contains(values[row]) {
            mark(row)
        }
    }

    private mutating func text(_ key: String) {
        let column = variant.columns.first { $0.path.count == 1 && $0.path[0].utf8.elementsEqual(key.utf8) }
        guard let vector = column?.vector, vector.layout == .string, !vector.isJSON,
            let dictionary = vector.dictionary
        else {
            for row in 0..<variant.count { mark(row) }
            return
        }
        let hasEmpty = (0..<dictionary.count).contains { dictionary[$0].isEmpty }
        guard hasEmpty || vector.validity != nil else { return }
        for row in 0..<vector.count where !isValue(vector, row) || dictionary[Int(vector.codes[row])].isEmpty
        { mark(row) }
    }

    /// Whether a row has a value other than JSON null.
    private func isValue(_ vector: Vector, _ row: Int) -> Bool {
        vector.validity.map { $0[row] == 1 } ?? true
    }
}
