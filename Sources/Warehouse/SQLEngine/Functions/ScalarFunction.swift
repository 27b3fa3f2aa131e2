package import Vectors

/// A scalar function: its name, what it takes, and how it is computed, a batch at a time.
package struct ScalarFunction: Sendable {
    /// The name in upper case.
    package var name: String
    /// Other names for the same.
    package var aliases: [String] = []
    /// How it is written, such as `DATEADD(part, number, date)`.
    package var signature: String
    /// What it gives, in a sentence.
    package var summary: String
    /// The place of an argument that may be a bare word, such as the part of DATEADD: the binder passes it as text.
    package var wordArgument: Int?
    /// Whether each call may give something else (RANDOM, UUID_STRING), so that it is not computed ahead.
    package var isVolatile = false
    /// The place of an argument in which the function never falls while the others stay the same, and of
    /// which NULL alone
    /// gives NULL: DATE_TRUNC, TO_DATE of timestamps, FLOOR.
    package var risingArgument: Int?
    /// Checks the arguments and chooses the implementation.
    package var bind: @Sendable ([Argument]) throws(SQLError) -> Binding

    /// What is known of an argument when the statement is bound.
    package struct Argument: Sendable {
        package var type: SQLType
        /// Its value, where it is constant.
        package var constant: Scalar?

        package init(type: SQLType, constant: Scalar? = nil) {
            self.type = type
            self.constant = constant
        }
    }

    /// A function for arguments of certain types.
    package struct Binding: Sendable {
        /// The types to which the arguments are cast (implicitly) before the call.
        package var argumentTypes: [SQLType]
        package var result: SQLType
        /// Computes a batch. The vectors have `count` rows each; NULLs are the function's own business.
        package var evaluate: Evaluate

        package typealias Evaluate =
            @Sendable (_ arguments: [Vector], _ count: Int, _ context: EvaluationContext) throws -> Vector

        package init(_ argumentTypes: [SQLType], _ result: SQLType, _ evaluate: @escaping Evaluate) {
            self.argumentTypes = argumentTypes
            self.result = result
            self.evaluate = evaluate
        }
    }

    package init(
        _ name: String, aliases: [String] = [], _ signature: String, _ summary: String,
        wordArgument: Int? = nil,
        isVolatile: Bool = false, risingArgument: Int? = nil,
        bind: @escaping @Sendable ([Argument]) throws(SQLError) -> Binding
    ) {
        self.name = name
        self.aliases = aliases
        self.signature = signature
        self.summary = summary
        self.wordArgument = wordArgument
        self.isVolatile = isVolatile
        self.risingArgument = risingArgument
        self.bind = bind
    }
}
