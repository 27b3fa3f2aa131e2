import Testing

@testable import Modeling

/// dbt's node selection over the five models.
@Suite struct SelectionTests {
    private func names(_ select: [String], exclude: [String] = []) throws -> [String] {
        try Selection(select: select, exclude: exclude).models(of: StockModels.project()).map {
            $0.name.split(separator: "_").prefix(2).joined(separator: "_")
        }
    }

    private static let all = ["bronze_stg", "silver_clean", "gold_candlestick", "gold_kpi", "gold_treechart"]

    @Test(
        arguments: [
            ([], [], all), (["gold_kpi"], [], ["gold_kpi"]), (["GOLD_KPI"], [], ["gold_kpi"]),
            (["fqn:gold_kpi"], [], ["gold_kpi"]),
            (["+gold_kpi"], [], ["bronze_stg", "silver_clean", "gold_kpi"]),
            (["1+gold_kpi"], [], ["silver_clean", "gold_kpi"]), (["0+gold_kpi"], [], ["gold_kpi"]),
            (["silver_clean_stock_quotes+"], [], Array(all.dropFirst())),
            (["bronze_stg_stock_quotes+1"], [], ["bronze_stg", "silver_clean"]),
            (["+silver_clean_stock_quotes+"], [], all), (["@silver_clean_stock_quotes"], [], all),
            (["@gold_kpi"], [], ["bronze_stg", "silver_clean", "gold_kpi"]),
            (["gold_*"], [], Array(all.suffix(3))), (["*_k?i"], [], ["gold_kpi"]),
            (["gold_kpi gold_treechart"], [], ["gold_kpi", "gold_treechart"]),
            (["gold_kpi", "gold_treechart"], [], ["gold_kpi", "gold_treechart"]),
            (["+gold_kpi,silver_clean_stock_quotes+"], [], ["silver_clean", "gold_kpi"]),
            (["gold_*"], ["gold_kpi gold_treechart"], ["gold_candlestick"]),
            ([], ["silver_clean_stock_quotes+"], ["bronze_stg"]),
        ] as [([String], [String], [String])])
    func criteriaMeanWhatTheyMeanInDBT(select: [String], exclude: [String], expected: [String]) throws {
        #expect(try names(select, exclude: exclude) == expected)
    }

    @Test(arguments: [
        ("gold_kpis", "no model is named gold_kpis: there are bronze_stg_stock_quotes"),
        ("tag:nightly", "'tag:nightly' selects no models"), ("@gold_kpi+", "selects no models"),
        ("gold_kpi,", "selects no models"), ("+", "selects no models"),
        ("gold_kpi,gold_treechart", "nothing is left to build"),
    ])
    func whatMeansNothingIsSaid(criterion: String, message: String) {
        let error = #expect(throws: ModelError.self) { try names([criterion]) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
