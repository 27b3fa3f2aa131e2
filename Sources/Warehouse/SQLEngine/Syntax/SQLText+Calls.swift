extension SQLWriter {
    // MARK: Functions

    mutating func function(_ call: FunctionCall) {
        let isSimple = call.arguments.isEmpty && call.named.isEmpty && !call.hasStar
        let name = call.name.parts.last?.name ?? ""
        if call.name.parts.count == 1,
            ReservedWords.functions.contains(name) || ReservedWords.bareFunctions.contains(name)
        {
            write(name)
            // CURRENT_DATE and the like.
            if isSimple, ReservedWords.bareFunctions.contains(name) { return }
        } else {
            write(call.name.sqlText)
        }
        write("(")
        if call.isDistinct { write("DISTINCT ") }
        if let qualifier = call.starQualifier { write("\(qualifier.sqlText).") }
        if call.hasStar { write("*") }
        list(call.arguments)
        if !call.arguments.isEmpty, !call.named.isEmpty { write(", ") }
        list(call.named) { writer, argument in
            writer.write("\(argument.name.sqlText) => ")
            writer.expression(argument.value, Precedence.or)
        }
        write(")")
        if !call.withinGroup.isEmpty {
            write(" WITHIN GROUP (ORDER BY ")
            order(call.withinGroup)
            write(")")
        }
        if call.ignoresNulls { write(" IGNORE NULLS") }
        guard let window = call.window else { return }
        write(" OVER ")
        if let base = window.base, window.partition.isEmpty, window.order.isEmpty, window.frame == nil {
            write(base.sqlText)
        } else {
            specification(window)
        }
    }

    mutating func order(_ items: [OrderItem]) {
        list(items) { writer, item in
            writer.expression(item.expression, Precedence.or)
            writer.direction(item.isDescending, item.nullsFirst)
        }
    }

    mutating func direction(_ isDescending: Bool, _ nullsFirst: Bool?) {
        if isDescending { write(" DESC") }
        if let nullsFirst { write(nullsFirst ? " NULLS FIRST" : " NULLS LAST") }
    }

    // MARK: Windows

    mutating func specification(_ window: WindowSpecification) {
        write("(")
        var separator = ""
        if let base = window.base {
            write(base.sqlText)
            separator = " "
        }
        if !window.partition.isEmpty {
            write("\(separator)PARTITION BY ")
            list(window.partition)
            separator = " "
        }
        if !window.order.isEmpty {
            write("\(separator)ORDER BY ")
            order(window.order)
            separator = " "
        }
        if let frame = window.frame {
            write("\(separator)\(frame.unit == .rows ? "ROWS" : "RANGE") BETWEEN ")
            bound(frame.start)
            write(" AND ")
            bound(frame.end)
        }
        write(")")
    }

    private mutating func bound(_ bound: WindowSpecification.Frame.Bound) {
        switch bound {
        case .unboundedPreceding: write("UNBOUNDED PRECEDING")
        case .unboundedFollowing: write("UNBOUNDED FOLLOWING")
        case .currentRow: write("CURRENT ROW")
        case .preceding(let offset):
            expression(offset, Precedence.additive)
            write(" PRECEDING")
        case .following(let offset):
            expression(offset, Precedence.additive)
            write(" FOLLOWING")
        }
    }

    // MARK: Stages

    mutating func stage(_ stage: StageReference) {
        let path = stage.path.isEmpty ? "" : "/\(stage.path)"
        let name: String =
            switch stage.stage {
            case .user: "~"
            case .named(let name): name.sqlText
            case .table(let name):
                (name.parts.dropLast().map { $0.sqlText + "." } + ["%"] + name.parts.suffix(1).map(\.sqlText))
                    .joined()
            }
        write(Self.quoted("@\(name)\(path)"))
        guard !stage.options.isEmpty else { return }
        write(" (")
        list(stage.options.sorted { $0.key < $1.key }) { writer, option in
            writer.write("\(option.key) => ")
            writer.option(option.value)
        }
        write(")")
    }

    private mutating func option(_ value: OptionValue) {
        switch value {
        case .word(let word): write(word)
        case .string(let string): write(Self.quoted(string))
        case .number(let number):
            write(number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)")
        case .list(let values):
            write("(")
            list(values) { $0.option($1) }
            write(")")
        case .options(let options):
            write("(")
            for (index, option) in options.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { write(" ") }
                write("\(option.key) = ")
                self.option(option.value)
            }
            write(")")
        }
    }
}
