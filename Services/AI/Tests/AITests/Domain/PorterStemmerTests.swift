import Testing

@testable import AI

@Suite struct PorterStemmerTests {
    /// The examples of Porter's paper, brought through all steps, as in his published vocabulary.
    @Test func publishedVocabularyHasItsPublishedStems() {
        let vocabulary = """
            caresses=caress ponies=poni ties=ti caress=caress cats=cat feed=feed agreed=agre plastered=plaster
            bled=bled motoring=motor sing=sing conflated=conflat troubled=troubl sized=size hopping=hop tanned=tan
            falling=fall hissing=hiss fizzed=fizz failing=fail filing=file happy=happi sky=sky relational=relat
            conditional=condit rational=ration valenci=valenc hesitanci=hesit digitizer=digit conformabli=conform
            radicalli=radic differentli=differ vileli=vile analogousli=analog vietnamization=vietnam
            predication=predic operator=oper feudalism=feudal decisiveness=decis hopefulness=hope callousness=callous
            formaliti=formal sensitiviti=sensit sensibiliti=sensibl triplicate=triplic formative=form
            formalize=formal electriciti=electr electrical=electr hopeful=hope goodness=good revival=reviv
            allowance=allow inference=infer airliner=airlin gyroscopic=gyroscop adjustable=adjust defensible=defens
            irritant=irrit replacement=replac adjustment=adjust dependent=depend adoption=adopt homologou=homolog
            communism=commun activate=activ angulariti=angular homologous=homolog effective=effect
            bowdlerize=bowdler probate=probat rate=rate cease=ceas controll=control roll=roll
            generalizations=gener oscillators=oscil connected=connect connections=connect
            """
        for pair in vocabulary.split(whereSeparator: \.isWhitespace) {
            let parts = pair.split(separator: "=").map(String.init)
            #expect(PorterStemmer.stem(parts[0]) == parts[1])
        }
    }

    @Test func shortForeignAndNumericWordsStayAsTheyAre() {
        for word in ["is", "a", "日本語", "straße", "2026"] { #expect(PorterStemmer.stem(word) == word) }
    }

    @Test func anyLettersCanBeStemmed() {
        var random = SeededRandom(seed: 1)
        let letters = Array("aeiouylsztbedingr")
        for _ in 0..<5000 {
            let word = String(
                (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random)! }
            )
            #expect(PorterStemmer.stem(word).count <= word.count + 1)
        }
    }
}

@Suite struct WordsTests {
    @Test func wordsAreFoldedAsInTheIndex() {
        #expect(
            Words.split("Crème brûlée, e\u{301}te\u{301}: 3,50€ — STRASSE?") == [
                "creme", "brulee", "ete", "3", "50", "strasse",
            ])
        #expect(Words.split("don't_stop") == ["don", "t", "stop"])
        #expect(Words.split("🙂 …").isEmpty)
    }
}
