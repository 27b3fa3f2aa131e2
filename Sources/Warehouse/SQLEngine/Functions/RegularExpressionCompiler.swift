/// Makes the program of a regular expression.
struct RegularExpressionCompiler {
    private let options: RegularExpression.Options
    private let pattern: String
    private(set) var program: [RegularExpression.Instruction] = []
    private(set) var sets: [RegularExpressionSet] = []
    private var numberOfSet: [RegularExpressionSet: Int32] = [:]
    /// Parts visited; parts that make no instruction but are repeated count, too.
    private var work = 0

    /// The most instructions that a pattern may need: what bounds the time for each character of a text.
    static let programMax = 10_000

    init(_ options: RegularExpression.Options, _ pattern: String) {
        self.options = options
        self.pattern = pattern
    }

    /// The whole match is noted in slots 0 and 1, group n in slots 2n and 2n + 1.
    mutating func compile(_ node: RegularExpressionNode) throws(SQLError) {
        try emit(.save, 0)
        try emit(node)
        try emit(.save, 1)
        try emit(.match)
    }

    private func checkWork() throws(SQLError) {
        if program.count > Self.programMax || work > Self.programMax * 4 {
            throw SQLError(
                .data, "regular expression '\(pattern)': the counts of its repetitions make it too large")
        }
    }

    private mutating func emit(_ operation: RegularExpression.Instruction.Operation, _ x: Int32 = 0)
        throws(SQLError)
    {
        program.append(.init(operation: operation, x: x))
        try checkWork()
    }

    private mutating func emit(_ node: RegularExpressionNode) throws(SQLError) {
        work += 1
        try checkWork()
        switch node {
        case .empty: break
        case .character(let scalar):
            let set = RegularExpressionSet([scalar...scalar])
            if options.ignoresCase, Self.hasCase(scalar) {
                try emit(set)
            } else {
                try emit(.character, Int32(scalar))
            }
        case .set(let set): try emit(set)
        case .assertion(let operation): try emit(operation)
        case .group(let number, let inner):
            try emit(.save, Int32(number * 2))
            try emit(inner)
            try emit(.save, Int32(number * 2 + 1))
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .alternatives(let nodes): try emitAlternatives(nodes)
        case .repeated(let inner, let min, let max, let isLazy): try emitRepeated(inner, min, max, isLazy)
        }
    }

    private static func hasCase(_ scalar: UInt32) -> Bool {
        guard let properties = Unicode.Scalar(scalar)?.properties else { return false }
        return properties.lowercaseMapping != properties.uppercaseMapping
    }

    private mutating func emit(_ set: RegularExpressionSet) throws(SQLError) {
        let finished = set.finished(ignoresCase: options.ignoresCase)
        let number = numberOfSet[finished] ?? Int32(sets.count)
        if Int(number) == sets.count {
            sets.append(finished)
            numberOfSet[finished] = number
        }
        try emit(.set, number)
    }

    private mutating func emitAlternatives(_ nodes: [RegularExpressionNode]) throws(SQLError) {
        var jumps: [Int] = []
        for node in nodes.dropLast() {
            let split = program.count
            try emit(.split, Int32(split + 1))
            try emit(node)
            jumps.append(program.count)
            try emit(.jump)
            program[split].y = Int32(program.count)
        }
        if let last = nodes.last { try emit(last) }
        for jump in jumps { program[jump].x = Int32(program.count) }
    }

    private mutating func emitRepeated(
        _ node: RegularExpressionNode, _ min: Int, _ max: Int?, _ isLazy: Bool
    ) throws(SQLError) {
        for _ in 0..<min { try emit(node) }
        guard let max else {
            let split = program.count
            try emit(.split)
            try emit(node)
            try emit(.jump, Int32(split))
            aim(split, at: split + 1, else: program.count, isLazy)
            return
        }
        var splits: [Int] = []
        for _ in min..<max {
            splits.append(program.count)
            try emit(.split)
            try emit(node)
        }
        for split in splits { aim(split, at: split + 1, else: program.count, isLazy) }
    }

    private mutating func aim(_ split: Int, at first: Int, else second: Int, _ isLazy: Bool) {
        program[split].x = Int32(isLazy ? second : first)
        program[split].y = Int32(isLazy ? first : second)
    }

    /// For each byte whether a match may begin with it; empty where a match may be empty.
    func firstBytes() -> [Bool] {
        var result = [Bool](repeating: false, count: 256)
        var visited = [Bool](repeating: false, count: program.count)
        var places = [0]
        while let place = places.popLast() {
            if visited[place] { continue }
            visited[place] = true
            let instruction = program[place]
            switch instruction.operation {
            case .match: return []
            case .split: places += [Int(instruction.x), Int(instruction.y)]
            case .jump: places.append(Int(instruction.x))
            case .character:
                var bytes: [UInt8] = []
                UTF8Bytes.append(UInt32(instruction.x), to: &bytes)
                result[Int(bytes[0])] = true
            case .set:
                for byte in 0..<128 where sets[Int(instruction.x)].contains(UInt32(byte)) {
                    result[byte] = true
                }
                for byte in 128..<256 { result[byte] = true }
            default: places.append(place + 1)
            }
        }
        return result
    }
}
