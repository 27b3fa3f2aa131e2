/// Matches texts against one regular expression, by following all ways through its program at once, the
/// preferred ones first. One thread.
package final class RegularExpressionMatcher {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    let expression: RegularExpression
    /// The slots noted by the last match that was found: begin and end of the match, then of each group, -1
    /// for none.
    package var slots: [Int] { Array(UnsafeBufferPointer(start: found, count: slotCount)) }
    let slotCount: Int
    private let found: UnsafeMutablePointer<Int>
    /// Slots on the way that is being followed.
    private let noted: UnsafeMutablePointer<Int>
    private let program: UnsafeMutablePointer<RegularExpression.Instruction>
    private let stack: UnsafeMutablePointer<Step>
    private var current: Ways
    private var next: Ways
    private lazy var automaton = RegularExpressionAutomaton(expression)

    /// Places in the program that have been reached for one place in the text, by preference.
    private struct Ways {
        let places: UnsafeMutablePointer<Int32>
        /// The generation in which each place of the program was reached last.
        let reached: UnsafeMutablePointer<UInt32>
        /// Slots of each place of the program.
        let slots: UnsafeMutablePointer<Int>
        let programCount: Int
        var count = 0
        var generation: UInt32 = 1

        init(programCount: Int, slotCount: Int) {
            self.programCount = programCount
            places = .allocate(capacity: programCount)
            reached = .allocate(capacity: programCount)
            reached.initialize(repeating: 0, count: programCount)
            slots = .allocate(capacity: programCount * slotCount)
        }

        func deallocate() {
            places.deallocate()
            reached.deallocate()
            slots.deallocate()
        }

        mutating func clear() {
            count = 0
            generation &+= 1
            if generation == 0 {
                reached.update(repeating: 0, count: programCount)
                generation = 1
            }
        }
    }

    private struct Step {
        /// A place in the program, or where `slot` is one, nothing but the old value of the slot.
        var place: Int32
        var slot: Int32
        var old: Int
    }

    /// - Parameter wantsGroups: whether the places of groups are noted, not only those of the whole match.
    package init(_ expression: RegularExpression, wantsGroups: Bool) {
        self.expression = expression
        let programCount = expression.program.count
        slotCount = wantsGroups ? 2 + 2 * expression.groupCount : 2
        found = .allocate(capacity: slotCount)
        found.initialize(repeating: -1, count: slotCount)
        noted = .allocate(capacity: slotCount)
        noted.initialize(repeating: -1, count: slotCount)
        program = .allocate(capacity: programCount)
        for (place, instruction) in expression.program.enumerated() {
            (program + place).initialize(to: instruction)
        }
        // Each place is left at most once for each place in the text, and leaves at most one step behind.
        stack = .allocate(capacity: programCount + 1)
        current = Ways(programCount: programCount, slotCount: slotCount)
        next = Ways(programCount: programCount, slotCount: slotCount)
    }

    deinit {
        found.deallocate()
        noted.deallocate()
        program.deallocate()
        stack.deallocate()
        current.deallocate()
        next.deallocate()
    }

    /// Where the match (0) or a group of it stands; `nil` for a group that took no part, and for one that
    /// there is not.
    func range(_ group: Int) -> (start: Int, end: Int)? {
        guard group < slotCount / 2, found[group * 2] >= 0, found[group * 2 + 1] >= 0 else { return nil }
        return (found[group * 2], found[group * 2 + 1])
    }

    /// Whether the whole text matches. Notes no slots.
    package func matchesWhole(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        automaton?.matches(text) ?? run(text, from: 0, isWhole: true)
    }

    /// Looks for the first match at or after `start`, and notes its slots.
    package func find(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Bool {
        run(text, from: start, isWhole: false)
    }

    private func run(_ text: Bytes, from start: Int, isWhole: Bool) -> Bool {
        var (current, next) = (current, next)
        current.clear()
        next.clear()
        // The memory of both is shared; their counts and generations go back with them.
        defer { (self.current, self.next) = (current, next) }
        var place = start
        var hasMatch = false
        while true {
            if current.count == 0 {
                if hasMatch || (isWhole && place > start) { break }
                if !isWhole { place = skip(text, place) }
            }
            if !hasMatch, !isWhole || place == start {
                noted.update(repeating: -1, count: slotCount)
                follow(0, text, place, &current)
            }
            let isEnd = place >= text.count
            let (scalar, length) = isEnd ? (UInt32.max, 0) : UTF8Bytes.decode(text, place)
            for way in 0..<current.count {
                let at = Int(current.places[way])
                let instruction = program[at]
                if instruction.operation == .match {
                    guard !isWhole || isEnd else { continue }
                    found.update(from: current.slots + at * slotCount, count: slotCount)
                    hasMatch = true
                    // What is left is less preferred.
                    break
                }
                guard !isEnd, accepts(instruction, scalar) else { continue }
                noted.update(from: current.slots + at * slotCount, count: slotCount)
                follow(at + 1, text, place + length, &next)
            }
            if isEnd { break }
            swap(&current, &next)
            next.clear()
            place += length
        }
        return hasMatch
    }

    @inline(__always)
    private func accepts(_ instruction: RegularExpression.Instruction, _ scalar: UInt32) -> Bool {
        instruction.operation == .character
            ? UInt32(bitPattern: instruction.x) == scalar
            : expression.sets[Int(instruction.x)].contains(scalar)
    }

    /// The first place at or after `start` at which a match may begin.
    private func skip(_ text: Bytes, _ start: Int) -> Int {
        guard !expression.firstBytes.isEmpty else { return start }
        return expression.firstBytes.withUnsafeBufferPointer { first in
            var place = start
            while place < text.count, !first[Int(text[place])] || UTF8Bytes.isContinuation(text[place]) {
                place += 1
            }
            return place
        }
    }

    /// Follows all ways from a place in the program that need no character, and adds to `ways` where they
    /// end.
    @inline(__always)
    private func follow(_ first: Int, _ text: Bytes, _ place: Int, _ ways: inout Ways) {
        var depth = 1
        stack[0] = Step(place: Int32(truncatingIfNeeded: first), slot: -1, old: 0)
        while depth > 0 {
            depth -= 1
            let step = stack[depth]
            if step.slot >= 0 {
                noted[Int(step.slot)] = step.old
                continue
            }
            var at = Int(step.place)
            while ways.reached[at] != ways.generation {
                ways.reached[at] = ways.generation
                let instruction = program[at]
                switch instruction.operation {
                case .jump: at = Int(instruction.x)
                case .split:
                    stack[depth] = Step(place: instruction.y, slot: -1, old: 0)
                    depth += 1
                    at = Int(instruction.x)
                case .save:
                    let slot = Int(instruction.x)
                    if slot < slotCount {
                        stack[depth] = Step(place: 0, slot: instruction.x, old: noted[slot])
                        depth += 1
                        noted[slot] = place
                    }
                    at += 1
                case .character, .set, .match:
                    ways.places[ways.count] = Int32(truncatingIfNeeded: at)
                    ways.count += 1
                    (ways.slots + at * slotCount).update(from: noted, count: slotCount)
                default: if Self.holds(instruction.operation, text, place) { at += 1 }
                }
            }
        }
    }

    private static func holds(
        _ assertion: RegularExpression.Instruction.Operation, _ text: Bytes, _ place: Int
    ) -> Bool {
        switch assertion {
        case .textStart: return place == 0
        case .textEnd: return place == text.count
        case .lineStart: return place == 0 || text[place - 1] == 0x0A
        case .lineEnd: return place == text.count || text[place] == 0x0A
        default:
            let before = place > 0 && isWord(text[place - 1])
            let after = place < text.count && isWord(text[place])
            return (before != after) == (assertion == .wordBoundary)
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5F
    }
}
