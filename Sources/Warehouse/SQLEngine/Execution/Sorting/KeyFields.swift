import Vectors

/// A part of a normalised sort key: up to 64 bits that order as the values do.
struct KeyField {
    enum Part {
        /// Whether it is NULL, where a value of 64 bits leaves no room for that.
        case nulls
        /// The value, less the least, with one code more for NULL where `hasNull`.
        case value
        /// The high and the low half of a value of more than 64 bits.
        case high, low
    }

    var key: SortKey
    var part: Part
    var bits: Int
    var form: ColumnForm
    var least: Int128
    var greatest: Int128
    var hasNull = false
    var ranks: StringRanks?

    /// The fields of one key; none where all rows are equal in it.
    static func of(_ key: SortKey, _ form: ColumnForm, threads: Int) throws -> [KeyField] {
        guard form.hasValues else { return [] }
        var range = form.range ?? (0, 0)
        var ranks: StringRanks?
        if form.layout == .string, let dictionary = form.dictionary {
            let made = try StringRanks(dictionary, isJSON: form.isJSON, threads: threads)
            range = (0, Int128(max(1, made.count) - 1))
            ranks = made
        } else if form.type == .timestampTZ {
            range = (range.least >> 7, range.greatest >> 7)
        }
        let spread = UInt128(bitPattern: range.greatest &- range.least)
        var field = KeyField(
            key: key, part: .value, bits: 0, form: form, least: range.least, greatest: range.greatest,
            ranks: ranks)
        let codes = spread &+ (form.isNullable ? 1 : 0)
        if let small = UInt64(exactly: codes) {
            field.hasNull = form.isNullable
            field.bits = 64 - small.leadingZeroBitCount
            return field.bits == 0 ? [] : [field]
        }
        var fields: [KeyField] = []
        var nulls = field
        nulls.part = .nulls
        nulls.bits = 1
        if form.isNullable { fields.append(nulls) }
        if UInt64(exactly: spread) == nil {
            field.part = .high
            field.bits = 64 - spread.leadingZeroBitCount
            fields.append(field)
            field.part = .low
        }
        field.bits = 64
        return fields + [field]
    }

    /// Writes the codes of a chunk's rows.
    func write(_ chunk: SortChunk, to codes: UnsafeMutablePointer<UInt64>) {
        let column = chunk.columns[key.column]
        let count = chunk.count
        let validity = column.validityBytes
        let nullCode: UInt64 = part == .nulls || hasNull ? (key.nullsFirst ? 0 : nullsLastCode) : 0
        guard column.hasValues else { return codes.initialize(repeating: nullCode, count: count) }
        switch part {
        case .nulls: codes.initialize(repeating: key.nullsFirst ? 1 : 0, count: count)
        case .value: writeValues(column, count, codes)
        case .high, .low: writeHalves(column, count, codes)
        }
        guard let validity else { return }
        for row in 0..<count where validity[row] == 0 { codes[row] = nullCode }
    }

    private var nullsLastCode: UInt64 {
        part == .nulls ? 1 : UInt64(truncatingIfNeeded: greatest - least) &+ 1
    }

    private func writeValues(_ column: ChunkColumn, _ count: Int, _ codes: UnsafeMutablePointer<UInt64>) {
        let origin = UInt64(truncatingIfNeeded: least)
        switch form.layout {
        case .string: writeRanks(column, count, codes)
        case .double:
            column.unpack(from: 0, count: count, to: codes)
            for row in 0..<count { codes[row] = OrderCode.of(Double(bitPattern: codes[row])) &- origin }
        case .bool: column.unpack(from: 0, count: count, to: codes)
        case .int64 where form.type == .timestampTZ:
            column.unpack(from: 0, count: count, to: codes)
            for row in 0..<count {
                codes[row] = UInt64(bitPattern: Int64(bitPattern: codes[row]) >> 7) &- origin
            }
        case .int64, .int128: column.unpack(from: 0, count: count, origin: least, to: codes)
        }
        let offset: UInt64 = hasNull && key.nullsFirst ? 1 : 0
        if key.isDescending {
            let highest = UInt64(truncatingIfNeeded: greatest - least) &+ offset
            for row in 0..<count { codes[row] = highest &- codes[row] }
        } else if offset == 1 {
            for row in 0..<count { codes[row] &+= 1 }
        }
    }

    private func writeRanks(_ column: ChunkColumn, _ count: Int, _ codes: UnsafeMutablePointer<UInt64>) {
        guard let ranks else { return codes.initialize(repeating: 0, count: count) }
        let own = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        defer { own.deallocate() }
        column.unpack(from: 0, count: count, to: own)
        form.translate(own, of: column, count: count)
        ranks.ranks.withUnsafeBufferPointer { ranks in
            for row in 0..<count { codes[row] = UInt64(ranks[Int(own[row])]) }
        }
    }

    private func writeHalves(_ column: ChunkColumn, _ count: Int, _ codes: UnsafeMutablePointer<UInt64>) {
        let wide = UnsafeMutablePointer<Int128>.allocate(capacity: count)
        defer { wide.deallocate() }
        column.unpack(from: 0, count: count, to: wide)
        for row in 0..<count {
            let code = UInt128(bitPattern: key.isDescending ? greatest &- wide[row] : wide[row] &- least)
            codes[row] = UInt64(truncatingIfNeeded: part == .high ? code >> 64 : code)
        }
    }
}
