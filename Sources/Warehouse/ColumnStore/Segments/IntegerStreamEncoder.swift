internal import CKernels

/// Writes 64-bit integers as an integer stream, measuring for each block what takes the least bytes.
struct IntegerStreamEncoder {
    /// The least and the greatest value of all.
    private(set) var min = Int64.max
    private(set) var max = Int64.min
    /// How many runs of equal values there are, counting again at each block.
    private(set) var runs = 0
    /// The bytes of each encoding.
    var byteCounts = [Int](repeating: 0, count: BlockEncoding.allCases.count)

    private var deltas = [Int64](repeating: 0, count: SegmentFormat.blockRows)
    private var padded = [Int64](repeating: 0, count: SegmentFormat.blockRows)

    /// Appends the stream of `rows` values.
    mutating func encode(_ values: UnsafePointer<Int64>, rows: Int, to sink: inout ByteSink) {
        let start = sink.count
        let blocks = (rows + SegmentFormat.blockRows - 1) / SegmentFormat.blockRows
        sink.append(UInt8(0))
        _ = sink.extend(blocks * 4)
        let data = sink.count
        var isConstant = true
        for block in 0..<blocks {
            let first = block * SegmentFormat.blockRows
            let count = Swift.min(SegmentFormat.blockRows, rows - first)
            var survey = th_survey()
            th_survey_block(values + first, count, &survey)
            min = Swift.min(min, survey.min)
            max = Swift.max(max, survey.max)
            runs += Int(survey.runs)
            isConstant = isConstant && survey.min == survey.max && min == max
            let begin = sink.count
            let encoding = append(values + first, count, survey, to: &sink)
            byteCounts[encoding.rawValue] += sink.count - begin
            sink.store(UInt32(sink.count - data), at: start + 1 + block * 4)
        }
        guard isConstant else { return }
        runs = Swift.min(runs, 1)
        sink.truncate(to: start)
        sink.append(UInt8(1))
        sink.append(rows == 0 ? 0 : min)
        byteCounts[BlockEncoding.constant.rawValue] += 9 - blocks * 12
    }

    /// A way to encode a block and the bytes it takes.
    private struct Plan {
        var encoding: BlockEncoding
        var base: Int64 = 0
        var width = 0
        var patches = PatchPlan()
        var byteCount: Int
    }

    private mutating func append(
        _ values: UnsafePointer<Int64>, _ count: Int, _ survey: th_survey, to sink: inout ByteSink
    ) -> BlockEncoding {
        if survey.min == survey.max {
            Self.head(.constant, 0, 0, survey.min, &sink)
            return .constant
        }
        let runWidth = byteWidth(UInt64(bitPattern: survey.max &- survey.min))
        let runBytes = 12 + Int(survey.runs) * (2 + runWidth)
        // Nothing that is packed, other than a ramp, is as small as a few runs.
        var best = runBytes <= 140 ? nil : deltaPlan(values, count, survey)
        if let delta = best, delta.width > 0 || delta.encoding == .patchedDelta {
            let frame = framePlan(values, count, survey)
            if frame.byteCount <= delta.byteCount { best = frame }
        }
        guard let best, best.byteCount <= runBytes else {
            appendRuns(values, count, survey, width: runWidth, to: &sink)
            return .runs
        }
        appendPacked(best, values, count, survey, to: &sink)
        return best.encoding
    }

    private func framePlan(_ values: UnsafePointer<Int64>, _ count: Int, _ survey: th_survey) -> Plan {
        let width = bitWidth(UInt64(bitPattern: survey.max &- survey.min))
        let plain = Plan(
            encoding: .frame, base: survey.min, width: width,
            byteCount: 12 + SegmentFormat.packedBytes(count, width: width))
        guard width > 1,
            let patches = PatchPlan(
                values, count, min: survey.min, max: survey.max, under: plain.byteCount - 12)
        else { return plain }
        return Plan(
            encoding: .patchedFrame, base: patches.base, width: patches.width, patches: patches,
            byteCount: 12 + patches.byteCount)
    }

    private mutating func deltaPlan(_ values: UnsafePointer<Int64>, _ count: Int, _ survey: th_survey) -> Plan
    {
        let width = bitWidth(UInt64(bitPattern: survey.delta_max &- survey.delta_min))
        let plain = Plan(
            encoding: .delta, base: survey.delta_min, width: width,
            byteCount: 36 + SegmentFormat.packedBytes(count, width: width))
        th_deltas(values, count, &deltas)
        // The first delta says nothing: the first value is in the block's head.
        deltas[0] = count > 1 ? deltas[1] : 0
        guard width > 0, survey.delta_min <= survey.delta_max,
            let patches = PatchPlan(
                deltas, count, min: survey.delta_min, max: survey.delta_max, under: plain.byteCount - 36)
        else { return plain }
        return Plan(
            encoding: .patchedDelta, base: patches.base, width: patches.width, patches: patches,
            byteCount: 36 + patches.byteCount)
    }

    private static func head(
        _ kind: IntegerBlock.Kind, _ width: Int, _ count: Int, _ base: Int64, _ sink: inout ByteSink
    ) {
        sink.append(kind.rawValue)
        sink.append(UInt8(width))
        sink.append(UInt16(count))
        sink.append(base)
    }

    private func appendRuns(
        _ values: UnsafePointer<Int64>, _ count: Int, _ survey: th_survey, width: Int, to sink: inout ByteSink
    ) {
        Self.head(.runs, width, Int(survey.runs), survey.min, &sink)
        for row in 1...count where row == count || values[row] != values[row - 1] { sink.append(UInt16(row)) }
        for row in 0..<count where row == 0 || values[row] != values[row - 1] {
            sink.append(UInt64(bitPattern: values[row] &- survey.min), width: width)
        }
    }

    private mutating func appendPacked(
        _ plan: Plan, _ values: UnsafePointer<Int64>, _ count: Int, _ survey: th_survey,
        to sink: inout ByteSink
    ) {
        let isDelta = plan.encoding == .delta || plan.encoding == .patchedDelta
        let isPatched = plan.encoding == .patchedFrame || plan.encoding == .patchedDelta
        let start = sink.count
        let number = isPatched ? plan.patches.positions.count : 0
        Self.head(isDelta ? .delta : .frame, plan.width, number, isDelta ? values[0] : plan.base, &sink)
        if isDelta {
            sink.append(plan.base)
            sink.append(survey.min)
            sink.append(survey.max)
        }
        if isPatched {
            sink.store(
                (isDelta ? IntegerBlock.Kind.delta : .frame).rawValue | IntegerBlock.patchFlag, at: start)
            sink.append(plan.patches.patchBase)
            sink.append(UInt8(plan.patches.patchWidth))
        }
        let rows = (count + 31) / 32
        let packed = sink.extend(SegmentFormat.packedBytes(count, width: plan.width))
        if isDelta {
            for row in count..<Swift.max(count, rows * 32) { deltas[row] = deltas[count - 1] }
            th_pack64(deltas, plan.base, UInt32(plan.width), rows, packed)
        } else if count < rows * 32 {
            for row in 0..<(rows * 32) { padded[row] = values[Swift.min(row, count - 1)] }
            th_pack64(padded, plan.base, UInt32(plan.width), rows, packed)
        } else {
            th_pack64(values, plan.base, UInt32(plan.width), rows, packed)
        }
        guard isPatched else { return }
        for position in plan.patches.positions { sink.append(position) }
        for position in plan.patches.positions {
            let value = isDelta ? deltas[Int(position)] : values[Int(position)]
            sink.append(UInt64(bitPattern: value &- plan.patches.patchBase), width: plan.patches.patchWidth)
        }
    }
}

extension ByteSink {
    /// Takes back what was written last.
    mutating func truncate(to count: Int) {
        precondition(count <= self.count, "only \(self.count) bytes have been written")
        self = ByteSink(keeping: self, count: count)
    }
}
