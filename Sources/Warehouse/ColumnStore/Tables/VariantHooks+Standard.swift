internal import Vectors

extension VariantHooks {
    /// This module's own JSON code.
    package static let standard = VariantHooks(
        shred: { values in
            ShreddedColumn(try VariantShredder.shred(jsonText: values))
        },
        assemble: { column, count in
            let columns = column.parts.map { ShreddedVariant.Column(path: $0.path, vector: $0.vector) }
            return try VariantAssembler(
                ShreddedVariant(columns: columns, residue: column.residue, count: count)
            ).assemble()
        },
        lookup: { residue, path in
            ResidueLookup.vector(residue: residue, path: path)
        })
}

extension ShreddedColumn {
    /// A shredded VARIANT with what must be known of its residue.
    package init(_ variant: ShreddedVariant) {
        self.init(
            parts: variant.columns.map { ($0.path, $0.vector) }, residue: variant.residue,
            residueKeys: variant.residue.map { ResidueLookup.topLevelKeys(of: $0).keys })
    }
}
