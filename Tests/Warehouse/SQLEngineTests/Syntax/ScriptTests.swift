import SQLEngine
import Testing

@Suite struct ScriptTests {
    private func split(_ sql: String) -> [String] {
        SQLParser.split(sql).map { String(decoding: Array(sql.utf8)[$0], as: UTF8.self) }
    }

    @Test func scriptsAreSplitAtSemicolons() {
        #expect(split("a; b ;\n c") == ["a", "b", "c"])
        #expect(split("") == [])
        #expect(split(" ;; -- x\n ; /* ; */ ") == [])
        #expect(
            split("-- first;\nselect 1 -- ; one\n; select 2 /* ; */ , 3;") == [
                "select 1", "select 2 /* ; */ , 3",
            ])
        #expect(
            split(#"select ';', "a;b", $$ ; ' $$, '\';', ''';'; select 2"#)
                == [#"select ';', "a;b", $$ ; ' $$, '\';', ''';'"#, "select 2"])
        #expect(split("begin; select 1; commit;") == ["begin", "select 1", "commit"])
        #expect(
            split("put file:///a//b @s; select 1 // x;\n;ls @s/a--b;") == [
                "put file:///a//b @s", "select 1", "ls @s/a--b",
            ])
        #expect(split("größe; 'é'") == ["größe", "'é'"])
    }

    @Test func whatIsNoStatementIsSplitToo() {
        #expect(split("select `a`; b # c; 1x") == ["select `a`", "b # c", "1x"])
        #expect(split("a; 'b; c") == ["a", "'b; c"])
        #expect(split("a; /* b; c") == ["a", "/* b; c"])
        #expect(split("a; $$ b; c") == ["a", "$$ b; c"])
    }

    @Test func aPromptKnowsWhenTheTextIsComplete() {
        for text in ["a;", "a; -- b", "a; /* b */ ", ";", "'a';\n\n"] {
            #expect(SQLParser.isComplete(text), "\(text)")
        }
        for text in ["", "a", "a; b", "';", "\";", "$$;", "a -- ;", "/* ;", "a; /* b"] {
            #expect(!SQLParser.isComplete(text), "\(text)")
        }
    }

    @Test func oneStatementMayEndWithSemicolons() throws {
        _ = try SQLParser.parse("SELECT 1;;  ; -- end")
        #expect(throws: SQLError.self) { try SQLParser.parse("SELECT 1; SELECT 2") }
        #expect(throws: SQLError.self) { try SQLParser.parse("  ") }
    }

    @Test func unnamedColumnsAreCalledAsTheyAreWritten() throws {
        let sql = """
            SELECT a, t.b, c AS "C d", count( * ), max(price)  /* x */ +
            1, "q" || 'x''y', t.*, 1+1, v:a::int x, (SELECT 1)
            """
        guard case .select(let select) = try SQLParser.parseQuery(sql).body else {
            Issue.record("no SELECT")
            return
        }
        #expect(
            select.itemNames == [
                "A", "B", "C d", "COUNT( * )", "MAX(PRICE) + 1", "\"q\" || 'X''Y'", "", "1+1", "X",
                "(SELECT 1)",
            ])
        #expect(select.items.count == select.itemNames.count)
    }

    @Test func stagesAreReadAlone() throws {
        let stage = try SQLParser.parseStage("@db.\"S x\".%t/a b/c.csv")
        #expect(stage.stage == .table(ObjectName([Identifier("DB"), Identifier("S x"), Identifier("T")])))
        #expect(stage.path == "a b/c.csv")
        #expect(try SQLParser.parseStage("@~").stage == .user)
        for text in ["", "@", "s", "@a.b.c.d", "@a b", "@\"a", "@%", "@a."] {
            #expect(throws: SQLError.self, "\(text)") { try SQLParser.parseStage(text) }
        }
        #expect(try SQLParser.parseObjectName("a.\"b\"\"c\".d").description == "A.b\"c.D")
        #expect(try SQLParser.parseObjectName("d..t").description == "D.PUBLIC.T")
    }
}
