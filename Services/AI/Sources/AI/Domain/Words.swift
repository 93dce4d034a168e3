/// Cuts text into words as the index does (SQLite's `unicode61 remove_diacritics 2`): runs of letters and
/// digits, in lower case, without marks.
enum Words {
    static func split(_ text: some StringProtocol) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        for character in text {
            if character.isASCII, let byte = character.asciiValue {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    word.append(Unicode.Scalar(byte))
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(Unicode.Scalar(byte + 32))
                default: finish()
                }
                continue
            }
            for scalar in (plain[character].map { String($0) } ?? character.lowercased()).unicodeScalars {
                switch scalar.properties.generalCategory {
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .decimalNumber, .letterNumber, .otherNumber, .privateUse:
                    word.append(scalar)
                case .nonspacingMark: break
                default: finish()
                }
            }
        }
        finish()
        return words

        func finish() {
            guard !word.isEmpty else { return }
            words.append(String(word))
            word = String.UnicodeScalarView()
        }
    }

    /// The stems of all words, each once.
    static func stems(_ text: some StringProtocol) -> Set<String> {
        Set(split(text).map { PorterStemmer.stem($0) })
    }

    /// `é` → `e`. Equal characters are equal in whatever way they are composed, so the table is made by
    /// composing.
    private static let plain: [Character: Character] = {
        var table: [Character: Character] = [:]
        for letter in "abcdefghijklmnopqrstuvwxyz" {
            for mark in UInt32(0x300)...0x328 {
                let scalar = Unicode.Scalar(mark)!
                table[Character("\(letter)\(Character(scalar))")] = letter
                table[Character("\(letter.uppercased())\(Character(scalar))")] = letter
            }
        }
        return table
    }()
}
