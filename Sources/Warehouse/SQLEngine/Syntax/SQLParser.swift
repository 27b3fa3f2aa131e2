/// The parser of the dialect: from text to syntax trees.
///
/// Positions in trees and errors are UTF-8 bytes from the text's start.
package enum SQLParser {
    /// Parses exactly one statement; semicolons may follow it.
    package static func parse(_ sql: String) throws(SQLError) -> Statement {
        var parser = try StatementParser(sql)
        let statement = try parser.statement()
        try parser.finish()
        return statement
    }

    /// Parses a query alone.
    package static func parseQuery(_ sql: String) throws(SQLError) -> Query {
        var parser = try StatementParser(sql)
        let query = try parser.query()
        try parser.finish()
        return query
    }

    /// Parses an expression alone.
    package static func parseExpression(_ sql: String) throws(SQLError) -> Expression {
        var parser = try StatementParser(sql)
        let expression = try parser.expression()
        try parser.finish()
        return expression
    }

    /// Parses the name of an object, such as a string in FORMAT_NAME = 'name' holds.
    package static func parseObjectName(_ text: String) throws(SQLError) -> ObjectName {
        var parser = try StatementParser(text)
        let name = try parser.objectName("a name")
        try parser.finish()
        return name
    }

    /// Parses a stage with its path, such as `@name/path`.
    package static func parseStage(_ text: String) throws(SQLError) -> StageReference {
        let bytes = Array(text.utf8)
        return try StatementParser.stage(bytes, from: 0, to: bytes.count, position: 0)
    }

    /// The byte ranges of a script's statements, without the semicolons and without comments around them; what is empty
    /// is left out. The statements need not be right.
    package static func split(_ sql: String) -> [Range<Int>] {
        var lexer = SQLLexer(Array(sql.utf8))
        var ranges: [Range<Int>] = []
        var current: Range<Int>?
        while true {
            let token = lexer.next()
            switch token.kind {
            case .end, .semicolon:
                if let range = current { ranges.append(range) }
                current = nil
                if token.kind == .end { return ranges }
            default: current = (current?.lowerBound ?? token.start)..<token.end
            }
        }
    }

    /// Whether the text ends with a semicolon outside strings and comments: a prompt need not wait for more.
    package static func isComplete(_ sql: String) -> Bool {
        var lexer = SQLLexer(Array(sql.utf8))
        var last = SQLToken.Kind.end
        while true {
            let token = lexer.next()
            if token.kind == .end { return last == .semicolon }
            last = token.kind
        }
    }
}
