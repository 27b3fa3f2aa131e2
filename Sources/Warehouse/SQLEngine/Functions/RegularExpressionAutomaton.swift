/// Tells whether whole texts match a regular expression by an automaton that is made while it runs: a state
/// is the set of places in the program that can be reached, and the way from one to the next is worked out
/// once for each ASCII character.
final class RegularExpressionAutomaton {
    private let expression: RegularExpression
    /// Places of the program that each state stands for, rising; those of characters, sets, ends of text and
    /// the match.
    private var states: [[Int32]] = []
    private var numbers: [[Int32]: Int32] = [:]
    /// Whether a text may end in the state.
    private var isFinal: [Bool] = []
    /// The next state for each state and ASCII character; -1 where it is not known yet.
    private var ways: [Int32] = []
    private var visited: [Bool]
    private let matchesEmpty: Bool

    private static let stateMax = 1024
    private static let dead: Int32 = 0
    private static let start: Int32 = 1

    /// `nil` where the expression has assertions other than the ends of the text.
    init?(_ expression: RegularExpression) {
        for instruction in expression.program {
            switch instruction.operation {
            case .lineStart, .lineEnd, .wordBoundary, .noWordBoundary: return nil
            default: break
            }
        }
        self.expression = expression
        var visited = [Bool](repeating: false, count: expression.program.count)
        // In the empty text the start is the end, too.
        let ends = Self.closure([0], expression, &visited, isStart: true, isEnd: true)
        matchesEmpty = ends.contains { expression.program[Int($0)].operation == .match }
        self.visited = visited
        reset()
    }

    private func reset() {
        states = []
        numbers = [:]
        isFinal = []
        ways = []
        _ = state([])
        _ = state(Self.closure([0], expression, &visited, isStart: true, isEnd: false))
    }

    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        if text.isEmpty { return matchesEmpty }
        var state = Self.start
        var place = 0
        while place < text.count {
            (state, place) = run(text, state, place)
            if state == Self.dead { return false }
            guard place < text.count else { break }
            // What comes here is no ASCII character, or its way is not known.
            let (scalar, length) = UTF8Bytes.decode(text, place)
            state = learn(state, scalar)
            place += length
        }
        return isFinal[Int(state)]
    }

    /// Goes on as far as the ways are known.
    private func run(_ text: UnsafeBufferPointer<UInt8>, _ first: Int32, _ start: Int) -> (Int32, Int) {
        ways.withUnsafeBufferPointer { ways in
            var state = first
            var place = start
            while place < text.count, text[place] < 0x80 {
                let way = ways[Int(state) << 7 | Int(text[place])]
                if way < 0 { break }
                state = way
                place += 1
            }
            return (state, place)
        }
    }

    private func learn(_ state: Int32, _ scalar: UInt32) -> Int32 {
        var reached: [Int32] = []
        for place in states[Int(state)] {
            let instruction = expression.program[Int(place)]
            switch instruction.operation {
            case .character: if UInt32(bitPattern: instruction.x) == scalar { reached.append(place + 1) }
            case .set: if expression.sets[Int(instruction.x)].contains(scalar) { reached.append(place + 1) }
            default: break
            }
        }
        let places = Self.closure(reached, expression, &visited, isStart: false, isEnd: false)
        let count = states.count
        let next = self.state(places)
        // Beginning anew gives all states other numbers, so that this way is not one of theirs.
        if scalar < 0x80, states.count >= count { ways[Int(state) << 7 | Int(scalar)] = next }
        return next
    }

    /// The number of a state, which may be new.
    private func state(_ places: [Int32]) -> Int32 {
        if let number = numbers[places] { return number }
        if states.count >= Self.stateMax {
            reset()
            if let number = numbers[places] { return number }
        }
        let number = Int32(states.count)
        states.append(places)
        numbers[places] = number
        let ends = Self.closure(places, expression, &visited, isStart: false, isEnd: true)
        isFinal.append(ends.contains { expression.program[Int($0)].operation == .match })
        // From the dead state no way leads out.
        ways += repeatElement(number == Self.dead ? Self.dead : -1, count: 128)
        return number
    }

    private static func closure(
        _ places: [Int32], _ expression: RegularExpression, _ visited: inout [Bool], isStart: Bool,
        isEnd: Bool
    ) -> [Int32] {
        var stack = places
        var seen: [Int32] = []
        var result: [Int32] = []
        while let place = stack.popLast() {
            if visited[Int(place)] { continue }
            visited[Int(place)] = true
            seen.append(place)
            let instruction = expression.program[Int(place)]
            switch instruction.operation {
            case .jump: stack.append(instruction.x)
            case .split: stack += [instruction.x, instruction.y]
            case .save: stack.append(place + 1)
            case .textStart: if isStart { stack.append(place + 1) }
            case .textEnd:
                result.append(place)
                if isEnd { stack.append(place + 1) }
            default: result.append(place)
            }
        }
        for place in seen { visited[Int(place)] = false }
        return result.sorted()
    }
}
