/// All scalar functions.
package struct FunctionCatalog {
    /// All, by subject.
    package static let all: [ScalarFunction] =
        StringFunctions.all + PatternFunctions.all + RegularExpressionFunctions.all + NumericFunctions.all
        + ConversionFunctions.all + VariantFunctions.all + ObjectFunctions.all + ArrayFunctions.all
        + HashFunctions.all
        + ContextFunctions.all + DateFunctions.all

    private static let byName: [String: ScalarFunction] = all.reduce(into: [:]) { functions, function in
        for name in [function.name] + function.aliases where functions[name] == nil {
            functions[name] = function
        }
    }

    /// The function of a name, or with it as alias, in upper case.
    package static func find(_ name: String) -> ScalarFunction? { byName[name] }
}
