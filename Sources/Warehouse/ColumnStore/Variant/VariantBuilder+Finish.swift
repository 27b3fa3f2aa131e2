import JSON
import Vectors

extension VariantBuilder {
    /// Where the values of a path go.
    private struct Choice {
        let slot: Int
        let node: Int32
        let counts: [Int]
        /// The tag of the values its column has; `nil` where it has no column.
        var kind: UInt8?

        /// Rows that have it.
        var present: Int { counts[1...].reduce(0, +) }
    }

    /// Everything stored as rows `0 ..< rows`. After it the builder is empty; paths that all were used stay
    /// known.
    func finish(rows: Int) -> ShreddedVariant {
        var choices = (0..<slotCount).map { slot in
            Choice(slot: slot, node: slotPaths[slot], counts: slots[slot].histogram(rows: rows), kind: nil)
        }
        choose(&choices, rows)
        let forgets = choices.contains { $0.kind == nil } || paths.count > 4 * max(16, slotCount)
        var columns: [ShreddedVariant.Column] = []
        var leftovers: [ShreddedVariant.Column] = []
        for choice in choices where choice.present > 0 {
            let path = paths.path(choice.node)
            for vector in leftoverVectors(choice, rows) {
                leftovers.append(.init(path: path, vector: vector))
            }
            if let vector = column(choice, rows) { columns.append(.init(path: path, vector: vector)) }
        }
        columns.sort { PathOrder.less($0.path, $1.path) }
        var residue = takeResidue(rows)
        if !leftovers.isEmpty {
            residue = Self.merge(leftovers, residue, rows)
        }
        restart(forgets: forgets)
        return ShreddedVariant(columns: columns, residue: residue, count: rows)
    }

    private static func merge(_ columns: [ShreddedVariant.Column], _ residue: Vector?, _ rows: Int) -> Vector
    {
        let variant = ShreddedVariant(columns: columns, residue: residue, count: rows)
        do throws(JSONError) {
            return try VariantAssembler(variant).assemble(sharesTexts: true)
        } catch {
            preconditionFailure("a residue that was just written is no JSON: \(error)")
        }
    }

    /// Ready for the next rows. Memory that vectors have taken is replaced.
    private func restart(forgets: Bool) {
        residueCodes?.deallocate()
        residueCodes = nil
        if forgets {
            releaseSlots()
            paths.reset()
            return
        }
        for slot in 0..<slotCount { slots[slot].restart(pool) }
    }

    // MARK: What is kept

    private func choose(_ choices: inout [Choice], _ rows: Int) {
        for index in choices.indices where choices[index].present * 100 >= rows && choices[index].present > 0
        {
            choices[index].kind = Self.kind(choices[index].counts)
        }
        let kept = choices.indices.filter { choices[$0].kind != nil }
        if kept.count > ShreddedVariant.columnsMax {
            let rarest = kept.sorted { choices[$0].present > choices[$1].present }
            for index in rarest[ShreddedVariant.columnsMax...] { choices[index].kind = nil }
        }
        // A key that has both objects and other values: whichever more rows have is kept.
        var bySlot: [Int32: Int] = [:]
        for index in choices.indices where choices[index].kind != nil { bySlot[choices[index].node] = index }
        for index in choices.indices where choices[index].kind != nil {
            var ancestor = paths.nodes[Int(choices[index].node)].parent
            while ancestor > 0 {
                if let other = bySlot[ancestor], choices[other].kind != nil {
                    if choices[other].present >= choices[index].present {
                        choices[index].kind = nil
                        break
                    }
                    choices[other].kind = nil
                }
                ancestor = paths.nodes[Int(ancestor)].parent
            }
        }
    }

    /// The kind that most values have. Numbers count together: as doubles where decimals do not hold one in
    /// sixteen.
    private static func kind(_ counts: [Int]) -> UInt8 {
        let numbers = counts[Int(ShredTag.decimal)] + counts[Int(ShredTag.double)]
        let others = max(counts[Int(ShredTag.string)], counts[Int(ShredTag.boolean)])
        if numbers > 0, numbers >= others {
            return counts[Int(ShredTag.double)] * 16 > numbers ? ShredTag.double : ShredTag.decimal
        }
        return counts[Int(ShredTag.string)] >= max(1, counts[Int(ShredTag.boolean)])
            ? ShredTag.string : ShredTag.boolean
    }

    // MARK: Vectors

    /// The column of a path; takes its values' memory where it can.
    private func column(_ choice: Choice, _ rows: Int) -> Vector? {
        let slot = slots + choice.slot
        guard let kind = choice.kind else { return nil }
        let isWhole = choice.counts[Int(kind)] == rows
        let validity = isWhole ? nil : slot.pointee.tags
        if kind == ShredTag.decimal || kind == ShredTag.double {
            // Tags of nothing but decimals and nulls are a validity as they are.
            let isValidity =
                kind == ShredTag.decimal && choice.counts[Int(ShredTag.null + 1)...].allSatisfy { $0 == 0 }
            if !isWhole, !isValidity { Self.makeValidity(slot.pointee.tags, kind, rows) }
            return Vector(
                type: .variant, layout: kind == ShredTag.decimal ? .int64 : .double,
                scale: kind == ShredTag.decimal ? slot.pointee.scale : 0, count: rows,
                raw: UnsafeMutableRawPointer(slot.pointee.values), validity: validity,
                owner: slot.pointee.take(pool))
        }
        return narrowed(
            choice.slot, kind, rows, dictionary: kind == ShredTag.string ? slot.pointee.strings.take() : nil
        ) {
            $0 == kind ? 1 : $0 == ShredTag.null ? Vector.jsonNull : 0
        }
    }

    private static func makeValidity(_ tags: UnsafeMutablePointer<UInt8>, _ kind: UInt8, _ rows: Int) {
        for row in 0..<rows {
            let tag = tags[row]
            tags[row] = tag == kind ? 1 : tag == ShredTag.null ? Vector.jsonNull : 0
        }
    }

    /// What the column of a path does not take, as one vector for each kind of value.
    private func leftoverVectors(_ choice: Choice, _ rows: Int) -> [Vector] {
        var vectors: [Vector] = []
        for kind in [ShredTag.decimal, ShredTag.double, ShredTag.boolean, ShredTag.string, ShredTag.null]
        where choice.counts[Int(kind)] > 0 && kind != choice.kind {
            if kind == ShredTag.null, choice.kind != nil { continue }
            if choice.kind == ShredTag.double, kind == ShredTag.decimal {
                guard convertToDoubles(choice.slot, rows) else { continue }
            }
            // Both a column of strings and its leftovers would need the dictionary; strings are only one of
            // them.
            let dictionary = kind == ShredTag.string ? slots[choice.slot].strings.take() : nil
            vectors.append(
                narrowed(choice.slot, kind, rows, dictionary: dictionary) {
                    $0 == kind ? (kind == ShredTag.null ? 2 : 1) : 0
                })
        }
        return vectors
    }

    /// Turns decimals into doubles where those have the same digits; whether any decimals are left.
    private func convertToDoubles(_ slot: Int, _ rows: Int) -> Bool {
        let column = slots[slot]
        var isLeft = false
        for row in 0..<rows where column.tags[row] == ShredTag.decimal {
            guard let value = Self.double(column.values[row], scale: column.scale) else {
                isLeft = true
                continue
            }
            column.values[row] = Int64(bitPattern: value.bitPattern)
            column.tags[row] = ShredTag.double
        }
        return isLeft
    }

    private static func double(_ value: Int64, scale: Int) -> Double? {
        // Up to 15 digits a double's shortest text gives back.
        if value.magnitude < 1_000_000_000_000_000 { return Double(value) / decimalPower(scale) }
        var text = DecimalText.text(Int128(value), scale: scale, trimmed: true)
        return text.withUTF8 { JSONNumber.exactDouble($0, JSONDecimal($0)) }
    }

    /// A copy of a path's values in the layout of their kind.
    private func narrowed(
        _ slot: Int, _ kind: UInt8, _ rows: Int, dictionary: StringDictionary?, _ validity: (UInt8) -> UInt8
    ) -> Vector {
        let layout: Layout =
            switch kind {
            case ShredTag.decimal: .int64
            case ShredTag.double: .double
            case ShredTag.string: .string
            default: .bool
            }
        let column = slots[slot]
        let vector = Vector.allocate(
            .variant, layout: layout, scale: kind == ShredTag.decimal ? column.scale : 0, count: rows,
            hasValidity: true,
            dictionary: dictionary, isJSON: false)
        var isWhole = true
        for row in 0..<rows {
            let valid = validity(column.tags[row])
            vector.validity?[row] = valid
            isWhole = isWhole && valid == 1
            // Other rows hold values of other kinds, which are no codes.
            let value = valid == 1 ? column.values[row] : 0
            switch layout {
            case .string: vector.codes[row] = UInt32(truncatingIfNeeded: value)
            case .bool: vector.bools[row] = UInt8(truncatingIfNeeded: value)
            default: vector.int64s[row] = value
            }
        }
        return isWhole ? vector.with(validity: .some(nil)) : vector
    }

    private func takeResidue(_ rows: Int) -> Vector? {
        guard let residueCodes else { return nil }
        let vector = Vector.allocate(
            .variant, layout: .string, count: rows, hasValidity: true, dictionary: residueStrings.take(),
            isJSON: true)
        vector.codes.update(from: residueCodes, count: rows)
        for row in 0..<rows { vector.validity?[row] = residueCodes[row] == 0 ? 0 : 1 }
        return vector
    }
}
