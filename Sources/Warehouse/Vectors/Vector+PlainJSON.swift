import JSON

extension Vector {
    /// A VARIANT, OBJECT or ARRAY in any form as JSON text that other programs read: see `TypedText.appendPlain`.
    package func asPlainJSONText() -> Vector {
        let text = asJSONText()
        guard let dictionary = text.dictionary, dictionary.mayHaveTypedText else { return text }
        let builder = StringDictionaryBuilder(capacity: dictionary.count)
        var writer = JSONWriter()
        for code in 0..<dictionary.count {
            writer.count = 0
            TypedText.appendPlain(dictionary[code], to: &writer)
            builder.append(writer.bytes)
        }
        return text.with(dictionary: builder.finish(), alsoKeeping: text)
    }
}
