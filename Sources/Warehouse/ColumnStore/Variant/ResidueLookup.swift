import JSON
package import Vectors

/// Looks into residues, and into any VARIANT of JSON text.
package enum ResidueLookup {
    /// The value at a path of each row, as JSON text; NULL where the row has none.
    ///
    /// - Parameter residue: JSON text.
    package static func vector(residue: Vector, path: [String]) -> Vector {
        let path = JSONPath(path.map(PathStep.key))
        let result = Vector.allocate(
            .variant, layout: .string, count: residue.count, hasValidity: true, isJSON: true)
        var texts = StringCodes()
        defer { texts.free() }
        // The code of rows that have nothing.
        let missing = texts.code(UnsafeBufferPointer(start: nil, count: 0))
        let unknown = UInt32.max
        let size = residue.dictionary?.count ?? 0
        // A dictionary that is much larger than the rows is not looked at as a whole.
        var known = size <= residue.count * 4 ? [UInt32](repeating: unknown, count: size) : []
        var found = 0
        for row in 0..<residue.count {
            var code = missing
            if residue.isValid(row) {
                let text = Int(residue.codes[row])
                code = known.isEmpty ? unknown : known[text]
                if code == unknown {
                    let bytes = residue.bytes(row)
                    let range = path.find(in: bytes)
                    code = range.map { texts.code(UnsafeBufferPointer(rebasing: bytes[$0])) } ?? missing
                    if !known.isEmpty { known[text] = code }
                }
            }
            result.codes[row] = code
            result.validity?[row] = code == missing ? 0 : 1
            found += code == missing ? 0 : 1
        }
        if found == 0 { return Vector.nulls(.variant, count: residue.count) }
        let dictionary = texts.take()
        return found == residue.count
            ? result.with(validity: .some(nil), dictionary: dictionary) : result.with(dictionary: dictionary)
    }

    /// The keys that objects among the rows have at their top, in the order of their bytes, and whether there
    /// are rows that are no objects.
    package static func topLevelKeys(of residue: Vector) -> (keys: [String], hasOtherValues: Bool) {
        var codes = StringCodes()
        defer { codes.free() }
        let tape = JSONTape()
        var seen = [Bool](repeating: false, count: residue.dictionary?.count ?? 0)
        var keys: [String] = []
        var hasOtherValues = false
        for row in 0..<residue.count where residue.isValid(row) {
            let text = Int(residue.codes[row])
            if seen[text] { continue }
            seen[text] = true
            do throws(JSONError) { try tape.parse(residue.bytes(row)) } catch {
                hasOtherValues = true
                continue
            }
            guard tape.nodes[0].kind == .object else {
                hasOtherValues = true
                continue
            }
            for key in tape.sortedKeys(of: 0) where codes.code(tape.bytes(of: key)) == UInt32(keys.count) {
                keys.append(String(decoding: tape.bytes(of: key), as: UTF8.self))
            }
        }
        keys.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return (keys, hasOtherValues)
    }
}
