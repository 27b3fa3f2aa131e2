import CivilTime
import Vectors

extension DateFormat {
    /// For how many microseconds, from a multiple of them on, the text of a time without a zone stays the same; `nil`
    /// where next to no two times share one.
    private var step: Int64? {
        if isAutomatic { return nil }
        var step = Civil.day
        for element in elements {
            switch element {
            case .fraction: return nil
            case .second: step = min(step, 1_000_000)
            case .minute: step = min(step, 60_000_000)
            case .hour24, .hour12, .halfOfDay: step = min(step, 3_600_000_000)
            case .year, .signedYear, .shortYear, .month, .shortMonthName, .monthName, .day, .shortDayName,
                .literal,
                .zoneHour, .zoneMinute, .zoneDesignator:
                break
            }
        }
        return step
    }

    /// The texts of a batch of DATE, TIME or TIMESTAMP_NTZ, each written once for the times that share it, as far as
    /// they were met lately. `nil` where that is of no use.
    func texts(_ vector: Vector, count: Int, _ context: EvaluationContext) -> Vector? {
        guard let step, [.date, .time, .timestampNTZ].contains(vector.type), !vector.isConstant else {
            return nil
        }
        // A DATE counts days.
        let unit = vector.type == .date ? 1 : step
        let builder = StringDictionaryBuilder(capacity: 64)
        let result = Vector.allocate(
            .varchar, layout: .string, count: count, hasValidity: vector.validity != nil)
        let (values, codes) = (vector.int64s, result.codes)
        var known = RecentTexts()
        // The times that the text before stands for.
        var (first, last, code): (Int64, Int64, UInt32) = (0, -1, 0)
        for row in 0..<count {
            let value = values[row]
            if let validity = vector.validity {
                result.validity?[row] = validity[row]
                if validity[row] == 0 {
                    codes[row] = 0
                    continue
                }
            }
            if value < first || value > last {
                let key = Civil.floor(value, unit)
                (first, last) = (key &* unit, key &* unit &+ (unit &- 1))
                code = known.code(of: key) {
                    let target = builder.reserve(max(1, byteCountMax))
                    builder.commit(write(value, vector.type, context, into: target))
                    return UInt32(builder.count - 1)
                }
            }
            codes[row] = code
        }
        // The code of NULLs must be one.
        if builder.count == 0 { builder.append("") }
        return result.with(dictionary: builder.finish())
    }

    /// The codes of texts by what is common to their times; of those that share a place, the last one.
    private struct RecentTexts {
        private var entries = [(key: Int64, code: UInt32)?](repeating: nil, count: 512)

        mutating func code(of key: Int64, _ make: () -> UInt32) -> UInt32 {
            let place = Int(truncatingIfNeeded: key & 511)
            if let entry = entries[place], entry.key == key { return entry.code }
            let code = make()
            entries[place] = (key, code)
            return code
        }
    }
}
