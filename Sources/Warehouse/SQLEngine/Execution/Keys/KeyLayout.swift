/// Values of one key field: what a row of a key column becomes, 64 bits each, and which of them are NULL.
struct KeyPart {
    let values: UnsafePointer<Int64>
    /// A byte a row, 0 for NULL; `nil`: no NULLs.
    let validity: UnsafePointer<UInt8>?
}

/// What is known of the values of a field.
struct KeyRange {
    var low = Int64.max
    var high = Int64.min
    var hasNulls = false

    /// Adds the values of a part.
    mutating func add(_ part: KeyPart, count: Int) {
        var low = self.low
        var high = self.high
        if let validity = part.validity {
            for row in 0..<count {
                if validity[row] == 0 {
                    hasNulls = true
                } else {
                    low = min(low, part.values[row])
                    high = max(high, part.values[row])
                }
            }
        } else {
            for row in 0..<count {
                low = min(low, part.values[row])
                high = max(high, part.values[row])
            }
        }
        self.low = low
        self.high = high
    }

    /// The bits that tell apart all values from `low` to `high`.
    var bits: Int { low >= high ? 0 : 64 - UInt64(bitPattern: high &- low).leadingZeroBitCount }
}

/// Where a field lies in the words of a key row.
struct KeySlice {
    /// What is subtracted of a value, modulo 2^64.
    var base: UInt64 = 0
    /// The bits of a value, 0 to 64.
    var bits = 0
    var word = 0
    var shift = 0
    /// Whether NULLs have a bit; where not, no NULL is among the keys.
    var hasNulls = false
    var nullWord = 0
    var nullShift = 0

    @inline(__always) var mask: UInt64 { bits == 64 ? .max : (1 << UInt64(bits)) &- 1 }
}

/// How the fields of a key are packed into as few 64-bit words as possible. Different keys are different
/// words.
struct KeyLayout {
    private(set) var fields: [KeySlice] = []
    private(set) var wordCount = 1
    /// The bits used of the first word.
    private(set) var firstBits = 0

    init() {}

    /// - Parameter slack: bits to add to each field for values to come, where `growing` says that they may.
    init(_ ranges: [KeyRange], growing: [Bool], slack: Int) {
        var used: [Int] = []
        func place(_ bits: Int) -> (word: Int, shift: Int) {
            for word in used.indices where used[word] + bits <= 64 {
                used[word] += bits
                return (word, used[word] - bits)
            }
            used.append(bits)
            return (used.count - 1, 0)
        }
        for (range, growing) in zip(ranges, growing) {
            var field = KeySlice()
            let needed = range.bits
            field.bits = growing ? min(64, needed + slack) : needed
            if field.bits < 64, range.low <= range.high {
                // Some of the room is for lower values: a quarter of it, where there is any.
                let below: UInt64 = field.bits - needed >= 2 ? 1 << UInt64(field.bits - 2) : 0
                field.base = UInt64(bitPattern: range.low) &- below
            }
            (field.word, field.shift) = place(field.bits)
            field.hasNulls = range.hasNulls
            if range.hasNulls { (field.nullWord, field.nullShift) = place(1) }
            // A field of no bits at the end of a full word must not be shifted by 64.
            if field.bits == 0 { field.shift = 0 }
            fields.append(field)
        }
        wordCount = max(1, used.count)
        firstBits = used.first ?? 0
    }

    /// Packs the rows of `parts`, one for each field: word `w` of row `r` is written at `w * stride + r`.
    ///
    /// - Parameter absent: set to 1 for rows with values that no key of this layout has; never set to 0.
    /// - Returns: whether all values, and NULLs, have a place.
    @discardableResult
    func pack(
        _ parts: [KeyPart], count: Int, into words: UnsafeMutablePointer<UInt64>, stride: Int,
        absent: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        var isComplete = true
        if fields.count == 1, wordCount == 1, parts[0].validity == nil, !fields[0].hasNulls {
            return packOnly(parts[0], count: count, into: words, absent: absent)
        }
        for word in 0..<wordCount { (words + word * stride).initialize(repeating: 0, count: count) }
        for (field, part) in zip(fields, parts) {
            let fits = part.validity.map {
                packNullable(
                    field, part.values, $0, count: count, into: words, stride: stride, absent: absent)
            }
            if !(fits
                ?? packAll(
                    field, part.values, count: count, into: words + field.word * stride, absent: absent))
            {
                isComplete = false
            }
        }
        return isComplete
    }

    private func packOnly(
        _ part: KeyPart, count: Int, into words: UnsafeMutablePointer<UInt64>,
        absent: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        let base = fields[0].base
        let outside = ~fields[0].mask
        let values = part.values
        var over: UInt64 = 0
        for row in 0..<count {
            let value = UInt64(bitPattern: values[row]) &- base
            over |= value
            words[row] = value
        }
        guard over & outside != 0 else { return true }
        if let absent { for row in 0..<count where words[row] & outside != 0 { absent[row] = 1 } }
        return false
    }

    private func packAll(
        _ field: KeySlice, _ values: UnsafePointer<Int64>, count: Int,
        into words: UnsafeMutablePointer<UInt64>,
        absent: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        let base = field.base
        let mask = field.mask
        let shift = UInt64(field.shift)
        var over: UInt64 = 0
        for row in 0..<count {
            let value = UInt64(bitPattern: values[row]) &- base
            over |= value
            words[row] |= (value & mask) &<< shift
        }
        guard over & ~mask != 0 else { return true }
        if let absent {
            for row in 0..<count where (UInt64(bitPattern: values[row]) &- base) & ~mask != 0 {
                absent[row] = 1
            }
        }
        return false
    }

    private func packNullable(
        _ field: KeySlice, _ values: UnsafePointer<Int64>, _ validity: UnsafePointer<UInt8>, count: Int,
        into words: UnsafeMutablePointer<UInt64>, stride: Int, absent: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        let base = field.base
        let mask = field.mask
        let shift = UInt64(field.shift)
        let nullBit: UInt64 = 1 << UInt64(field.nullShift)
        let target = words + field.word * stride
        let nullTarget = words + field.nullWord * stride
        var fits = true
        for row in 0..<count {
            if validity[row] == 0 {
                if field.hasNulls {
                    nullTarget[row] |= nullBit
                } else {
                    fits = false
                    absent?[row] = 1
                }
            } else {
                let value = UInt64(bitPattern: values[row]) &- base
                if value & ~mask != 0 {
                    fits = false
                    absent?[row] = 1
                }
                target[row] |= (value & mask) &<< shift
            }
        }
        return fits
    }

    /// The values of a field in `count` key rows that lie one after the other, and their validity where there
    /// are NULLs.
    func unpack(
        _ field: KeySlice, _ keys: UnsafePointer<UInt64>, count: Int,
        into values: UnsafeMutablePointer<Int64>,
        validity: UnsafeMutablePointer<UInt8>?
    ) {
        let shift = UInt64(field.shift)
        let mask = field.mask
        for row in 0..<count {
            let word = keys[row * wordCount + field.word]
            values[row] = Int64(bitPattern: ((word &>> shift) & mask) &+ field.base)
        }
        guard let validity else { return }
        guard field.hasNulls else { return validity.initialize(repeating: 1, count: count) }
        let nullShift = UInt64(field.nullShift)
        for row in 0..<count {
            let isNull = keys[row * wordCount + field.nullWord] &>> nullShift & 1
            validity[row] = UInt8(truncatingIfNeeded: 1 &- isNull)
        }
    }
}
