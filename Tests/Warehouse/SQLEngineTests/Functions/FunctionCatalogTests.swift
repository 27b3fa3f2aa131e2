import CivilTime
import SQLEngine
import Testing
import Vectors

@Suite struct FunctionCatalogTests {
    @Test func eachNameIsThereOnce() {
        var seen: Set<String> = []
        for function in FunctionCatalog.all {
            for name in [function.name] + function.aliases {
                #expect(seen.insert(name).inserted, "\(name) is there twice")
                #expect(name == name.uppercased())
                #expect(FunctionCatalog.find(name)?.name == function.name)
            }
            #expect(!function.signature.isEmpty && function.summary.hasSuffix("."), "\(function.name)")
        }
        #expect(FunctionCatalog.find("NO_SUCH_FUNCTION") == nil)
        for lazy in [
            "IFF", "COALESCE", "NVL", "NVL2", "ZEROIFNULL", "NULLIFZERO", "NULLIF", "DECODE", "IFNULL", "+",
            "=",
        ] {
            #expect(FunctionCatalog.find(lazy) == nil)
        }
    }

    /// Whatever the arguments are, a function binds or throws, and what it is bound to computes or throws.
    @Test func noCombinationOfArgumentsIsFatal() {
        let values: [Value] = [
            "abc", "", "é%", 0, -3, 40, 2.5, true, nil, .json(#"{"a":[1,null]}"#), .array("[3,\"x\"]"),
            .object("{}"), .bytes([1, 255]),
            .decimal(-12345, 3), .of(.temporal(19_000, .date), .date),
            .of(.temporal(1_700_000_000_000_000, .timestampNTZ), .timestampNTZ),
            .of(.float(.nan), .float), .of(.number(Int128(Int64.max) * 1000, scale: 0), .integer),
        ]
        var generator = Generator(seed: 21)
        for function in FunctionCatalog.all
        where !["RANDSTR", "LPAD", "RPAD", "REPEAT", "SPACE", "ARRAY_GENERATE_RANGE"].contains(function.name)
        {
            for count in 0...5 {
                for _ in 0..<(count == 0 ? 1 : 60) {
                    let arguments = (0..<count).compactMap { _ in values.randomElement(using: &generator) }
                    let vectors = arguments.map {
                        Bool.random(using: &generator) ? $0.constant(count: 3) : $0.varying(count: 3)
                    }
                    _ = try? call(function.name, vectors, count: 3)
                }
            }
        }
    }

    @Test func digests() throws {
        #expect(try result("MD5", ["Snowflake"]) == "edf1439075a83a447fb8b630ddc9c8de")
        #expect(try result("SHA1", ["abc"]) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            try result("SHA1", [.text(String(repeating: "a", count: 1000))])
                == "291e9a6c66994949b57ba5e650361e98fc36b1ba")
        #expect(
            try result("SHA2", ["abc"]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            try result("SHA2_HEX", ["abc", 224]) == "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"
        )
        #expect(
            try result("SHA2", ["abc", 384])
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        )
        #expect(
            try result("SHA2", ["abc", 512])
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        )
        #expect(try result("SHA2", [nil]) == "NULL")
        #expect(failure("SHA2", ["a", 100])?.code == .data)
        #expect(try result("MD5_BINARY", [.bytes([])]) == "D41D8CD98F00B204E9800998ECF8427E")
    }

    @Test func hashesAreEqualForEqualValues() throws {
        #expect(try result("HASH", [.decimal(150, 2)]) == result("HASH", [1.5]))
        #expect(try result("HASH", [3]) == result("HASH", [.decimal(300, 2)]))
        #expect(try result("HASH", [3]) == result("HASH", [3.0]))
        #expect(try result("HASH", [1, 2]) != result("HASH", [2, 1]))
        #expect(try result("HASH", [nil]) != "NULL")
        #expect(try result("HASH", ["a", nil]) != result("HASH", [nil, "a"]))
        let wide = Vector.constant(.number(7, scale: 0), .integer, count: 1)
        #expect(
            try call("HASH", [wide.widened()], count: 1).scalar(at: 0)
                == call("HASH", [wide], count: 1).scalar(at: 0))
        let distinct = try (0..<1000).map { try result("HASH", [.of(.integer($0), .integer)]) }
        #expect(Set(distinct).count == 1000)
    }

    @Test func theContextIsWhatTheStatementHas() throws {
        var context = EvaluationContext(
            zone: TimeZoneRules(name: "X", transitions: [], offsets: [7200]), now: 1_700_000_000_000_000)
        context.database = "DB"
        context.schema = "SC"
        #expect(try result("CURRENT_TIMESTAMP", [], context) == "2023-11-14 22:13:20 +0000")
        #expect(try result("NOW", [], context) == result("GETDATE", [3], context))
        #expect(try result("SYSDATE", [], context) == "2023-11-14 22:13:20")
        #expect(try result("CURRENT_DATE", [], context) == "2023-11-15")
        #expect(try result("CURRENT_TIME", [], context) == "00:13:20")
        #expect(try result("CURRENT_DATABASE", [], context) == "DB")
        #expect(try result("CURRENT_SCHEMA", [], context) == "SC")
        #expect(try result("CURRENT_ROLE", [], context) == "ACCOUNTADMIN")
    }
}
