import SQLEngine
import Testing
import Vectors

@Suite struct TypeRulesTests {
    @Test(
        arguments: [
            ([], .null), ([.null, .date], .date), ([.decimal(5, 2), .decimal(3, 0)], .decimal(5, 2)),
            ([.decimal(38, 0), .decimal(10, 4)], .decimal(38, 4)), ([.decimal(5, 2), .float], .float),
            ([.date, .timestampLTZ], .timestampLTZ), ([.date, .timestampNTZ, .timestampTZ], .timestampTZ),
            ([.varchar, .decimal(3, 0)], .decimal(38, 5)), ([.varchar, .date], .date),
            ([.variant, .varchar], .variant),
            ([.object, .array], .variant), ([.date, .decimal(3, 0)], nil), ([.time, .date], nil),
        ] as [([SQLType], SQLType?)])
    func findsCommonTypes(types: [SQLType], expected: SQLType?) {
        #expect(TypeRules.common(types) == expected)
        #expect(TypeRules.common(types.reversed()) == expected)
    }

    @Test(
        arguments: [
            (.varchar, .decimal(3, 0), .decimal(38, 5)), (.varchar, .date, .date),
            (.variant, .varchar, .varchar),
            (.variant, .decimal(3, 0), .float), (.variant, .timestampTZ, .timestampLTZ),
            (.timestampTZ, .timestampTZ, .timestampLTZ),
            (.date, .timestampTZ, .timestampLTZ), (.timestampNTZ, .timestampLTZ, .timestampLTZ),
            (.boolean, .varchar, .boolean),
            (.boolean, .decimal(1, 0), .boolean), (.variant, .variant, .variant), (.date, .float, nil),
            (.null, .date, .date),
        ] as [(SQLType, SQLType, SQLType?)])
    func findsTypesOfComparisons(left: SQLType, right: SQLType, expected: SQLType?) {
        #expect(TypeRules.comparison(left, right) == expected)
        #expect(TypeRules.comparison(right, left) == expected)
    }

    /// What two types become, both can be cast to.
    @Test func commonTypesCanBeReached() {
        let types: [SQLType] = [
            .null, .boolean, .decimal(5, 2), .float, .varchar, .binary, .date, .time, .timestampNTZ,
            .timestampLTZ,
            .timestampTZ, .variant, .object, .array,
        ]
        for left in types {
            for right in types {
                for target in [TypeRules.common([left, right]), TypeRules.comparison(left, right)] {
                    guard let target else { continue }
                    #expect(
                        TypeRules.canCast(left, target, isTry: false)
                            && TypeRules.canCast(right, target, isTry: false))
                }
            }
        }
    }
}
