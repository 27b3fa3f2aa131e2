import Vectors

extension StatementParser {
    // MARK: Calls with a grammar of their own

    /// CAST, EXTRACT, POSITION, SUBSTRING, TRIM, IDENTIFIER; `nil` where an ordinary call stands.
    mutating func specialCall() throws(SQLError) -> Expression? {
        if at("CAST") || at("TRY_CAST") { return try castCall() }
        if at("EXTRACT") { return try extractCall() }
        if at("POSITION") { return try positionCall() }
        if at("SUBSTRING") || at("SUBSTR") { return try substringCall() }
        if at("TRIM") { return try trimCall() }
        if at("IDENTIFIER"), kind(2) == .string || kind(2) == .rawString {
            let place = position
            let name = try objectName("a name")
            return kind == .leftParenthesis
                ? try call(name) : Expression(.column(name.parts), at: place)
        }
        return nil
    }

    private mutating func castCall() throws(SQLError) -> Expression {
        let place = position
        let isTry = at("TRY_CAST")
        skip(2)
        let value = try expression()
        try expect("AS", hint: "the type follows it: CAST(x AS type)")
        let type = try typeName()
        try expect(.rightParenthesis, "')'")
        return Expression(.cast(value, type, isTry: isTry), at: place)
    }

    private func function(_ name: String, _ arguments: [Expression], at place: Int) -> Expression {
        let name = ObjectName([Identifier(name, position: place)])
        return Expression(.function(FunctionCall(name: name, arguments: arguments)), at: place)
    }

    /// `EXTRACT(part FROM x)` is `DATE_PART('part', x)`.
    private mutating func extractCall() throws(SQLError) -> Expression {
        let place = position
        skip(2)
        let partPlace = position
        let part: String
        if kind == .string {
            part = try string("a part of a date").uppercased()
        } else {
            part = try identifier("a part of a date, such as YEAR,").name
        }
        if kind == .comma {
            throw failure("FROM", hint: "write EXTRACT(part FROM x) or DATE_PART(part, x)")
        }
        try expect("FROM")
        let value = try expression()
        try expect(.rightParenthesis, "')'")
        return function("DATE_PART", [Expression(.string(part), at: partPlace), value], at: place)
    }

    /// `POSITION(a IN b)` is `POSITION(a, b)`.
    private mutating func positionCall() throws(SQLError) -> Expression? {
        let place = position
        skip(2)
        let part = try expression(Precedence.additive)
        if !accept("IN") { try expect(.comma, "',' or IN") }
        var arguments = [part]
        repeat { arguments.append(try expression()) } while accept(.comma)
        try expect(.rightParenthesis, "')' or ','")
        return function("POSITION", arguments, at: place)
    }

    /// `SUBSTRING(x FROM a FOR b)` is `SUBSTRING(x, a, b)`.
    private mutating func substringCall() throws(SQLError) -> Expression {
        let place = position
        let name = word
        skip(2)
        var arguments = [try expression()]
        if accept("FROM") {
            arguments.append(try expression())
            if accept("FOR") { arguments.append(try expression()) }
        } else {
            while accept(.comma) { arguments.append(try expression()) }
        }
        try expect(.rightParenthesis, "')' or ','")
        return function(name, arguments, at: place)
    }

    /// `TRIM(LEADING c FROM x)` is `LTRIM(x, c)`, with TRAILING `RTRIM`, with BOTH or neither `TRIM`.
    private mutating func trimCall() throws(SQLError) -> Expression {
        let place = position
        skip(2)
        var name = "TRIM"
        var hasSide = false
        // A column may be called LEADING; a comma or parenthesis behind it says so.
        if kind(1) != .comma, kind(1) != .rightParenthesis, kind(1) != .dot {
            if at("LEADING") || at("TRAILING") || at("BOTH") {
                name = at("LEADING") ? "LTRIM" : at("TRAILING") ? "RTRIM" : "TRIM"
                hasSide = true
                advance()
            }
        }
        var arguments: [Expression] = []
        if !at("FROM") { arguments.append(try expression()) }
        if hasSide || at("FROM") {
            try expect("FROM")
            arguments.insert(try expression(), at: 0)
        } else {
            while accept(.comma) { arguments.append(try expression()) }
        }
        try expect(.rightParenthesis, "')' or ','")
        return function(name, arguments, at: place)
    }

    // MARK: Ordinary calls

    /// A call whose name has been read, from the opening parenthesis on, with what may follow it.
    mutating func call(_ name: ObjectName) throws(SQLError) -> Expression {
        var call = FunctionCall(name: name)
        try arguments(&call)
        try callSuffixes(&call)
        return Expression(.function(call), at: name.position)
    }

    /// The parentheses of a call.
    mutating func arguments(_ call: inout FunctionCall) throws(SQLError) {
        try expect(.leftParenthesis, "'('")
        if accept("DISTINCT") {
            call.isDistinct = true
        } else if at("ALL"), kind(1) != .rightParenthesis {
            advance()
        }
        while kind != .rightParenthesis {
            if try starArgument(&call) {
            } else if isName(), kind(1) == .arrow {
                let name = try identifier("an argument's name")
                advance()
                call.named.append((name, try expression()))
            } else {
                guard call.named.isEmpty else {
                    throw failure("an argument with a name", hint: "arguments without names come first")
                }
                if startsQuery() {
                    throw failure("an argument", hint: "a query needs parentheses of its own")
                }
                call.arguments.append(try expression())
            }
            guard accept(.comma) else { break }
            if kind == .rightParenthesis { throw failure("an argument") }
        }
        if accept("IGNORE", "NULLS") { call.ignoresNulls = true } else { _ = accept("RESPECT", "NULLS") }
        if at("ORDER") {
            throw failure(
                "')' or ','",
                hint: "the order of an aggregate is written behind it: WITHIN GROUP (ORDER BY …)")
        }
        try expect(.rightParenthesis, "')' or ','")
    }

    /// `*` or `t.*` as an argument.
    private mutating func starArgument(_ call: inout FunctionCall) throws(SQLError) -> Bool {
        if kind == .star {
            advance()
        } else if isName(), kind(1) == .dot, kind(2) == .star {
            call.starQualifier = try identifier("a table")
            skip(2)
        } else {
            return false
        }
        call.hasStar = true
        guard kind == .rightParenthesis else {
            throw failure(
                "')'", hint: "EXCLUDE, ILIKE and other arguments are not supported with '*' in a call")
        }
        guard call.arguments.isEmpty, call.named.isEmpty else { throw wrong("'*' must be the only argument") }
        return true
    }

    /// WITHIN GROUP, IGNORE NULLS, OVER.
    private mutating func callSuffixes(_ call: inout FunctionCall) throws(SQLError) {
        if at("WITHIN", then: "GROUP") {
            skip(2)
            try expect(.leftParenthesis, "'('")
            try expect("ORDER")
            try expect("BY")
            call.withinGroup = try orderItems()
            try expect(.rightParenthesis, "')' or ','")
        }
        if accept("IGNORE", "NULLS") { call.ignoresNulls = true } else { _ = accept("RESPECT", "NULLS") }
        if at("FILTER"), kind(1) == .leftParenthesis {
            throw SQLError(
                .unsupported,
                "FILTER (WHERE …) is not supported; write COUNT_IF(…) or SUM(IFF(condition, x, NULL))",
                position: position)
        }
        guard at("OVER") else { return }
        if kind(1) == .leftParenthesis {
            advance()
            call.window = try windowSpecification()
        } else if isName(1) {
            advance()
            let place = position
            call.window = WindowSpecification(base: try identifier("a window"), position: place)
        }
    }

    // MARK: Windows

    /// `([base] [PARTITION BY …] [ORDER BY …] [frame])`.
    mutating func windowSpecification() throws(SQLError) -> WindowSpecification {
        let outer = try enter()
        var window = WindowSpecification(position: position)
        try expect(.leftParenthesis, "'('")
        if isName(), !at("PARTITION", then: "BY"), !at("RANGE"), !at("GROUPS") {
            window.base = try identifier("a window")
        }
        if accept("PARTITION", "BY") {
            repeat { window.partition.append(try expression()) } while accept(.comma)
        }
        if accept("ORDER", "BY") { window.order = try orderItems() }
        if at("ROWS") || at("RANGE") { window.frame = try frame() }
        if at("GROUPS") { throw unsupported("GROUPS in a window's frame is") }
        if at("EXCLUDE") { throw unsupported("EXCLUDE in a window's frame is") }
        try expect(.rightParenthesis, "PARTITION BY, ORDER BY, ROWS, RANGE or ')'")
        leave(outer)
        return window
    }

    private mutating func frame() throws(SQLError) -> WindowSpecification.Frame {
        let unit: WindowSpecification.Frame.Unit = at("ROWS") ? .rows : .range
        advance()
        let start: WindowSpecification.Frame.Bound
        var end = WindowSpecification.Frame.Bound.currentRow
        let hasBoth = accept("BETWEEN")
        let place = position
        if hasBoth {
            start = try frameBound()
            try expect("AND")
            end = try frameBound()
        } else {
            start = try frameBound()
        }
        switch (start, end) {
        case (.unboundedFollowing, _), (_, .unboundedPreceding), (.following, .currentRow),
            (.following, .preceding),
            (.currentRow, .preceding):
            throw wrong("The frame ends before it starts", at: place)
        default: return WindowSpecification.Frame(unit: unit, start: start, end: end)
        }
    }

    private mutating func frameBound() throws(SQLError) -> WindowSpecification.Frame.Bound {
        if accept("UNBOUNDED", "PRECEDING") { return .unboundedPreceding }
        if accept("UNBOUNDED", "FOLLOWING") { return .unboundedFollowing }
        if accept("CURRENT", "ROW") { return .currentRow }
        let offset = try expression(Precedence.additive)
        if accept("PRECEDING") { return .preceding(offset) }
        if accept("FOLLOWING") { return .following(offset) }
        throw failure("PRECEDING or FOLLOWING")
    }
}
