"""Just enough of Swift's lexical structure to tell code from comments and text."""
import re

_OPENING = re.compile(r'//|/\*|#*"""|#*"')
_BLOCK_COMMENT_EDGE = re.compile(r"/\*|\*/")


class SwiftText:
    """One source in three views of the same shape: what isn't in a view is blank there, so lines and
    columns agree. An interpolation's expression is code."""

    def __init__(self, text):
        self._text = text
        self._kinds = bytearray(b"c" * len(text))  # c: code, s: the text of a string, k: comment
        self._read_code(0, inside_interpolation=False)
        self.code_lines = self._view("c")
        self.string_lines = self._view("s")

    def _view(self, kind):
        wanted = ord(kind)
        shown = [
            character if character == "\n" or mark == wanted else " "
            for character, mark in zip(self._text, self._kinds)
        ]
        return "".join(shown).split("\n")

    def _mark(self, start, end, kind):
        self._kinds[start:end] = kind * (end - start)

    def _read_code(self, position, inside_interpolation):
        """Reads to the end, or past the parenthesis that closes an interpolation. Returns where it stopped."""
        depth = 1
        pattern = re.compile(r'//|/\*|#*"""|#*"|[()]') if inside_interpolation else _OPENING
        while found := pattern.search(self._text, position):
            token = found.group()
            if token == "(":
                depth, position = depth + 1, found.end()
            elif token == ")":
                depth, position = depth - 1, found.end()
                if depth == 0:
                    return position
            elif token == "//":
                position = self._text.find("\n", found.end())
                position = len(self._text) if position < 0 else position
                self._mark(found.start(), position, b"k")
            elif token == "/*":
                position = self._end_of_block_comment(found.end())
                self._mark(found.start(), position, b"k")
            else:
                position = self._read_string(found)
        return len(self._text)

    def _end_of_block_comment(self, position):
        depth = 1
        while depth and (edge := _BLOCK_COMMENT_EDGE.search(self._text, position)):
            depth += 1 if edge.group() == "/*" else -1
            position = edge.end()
        return len(self._text) if depth else position

    def _read_string(self, opening):
        quotes = opening.group().lstrip("#")
        hashes = "#" * (len(opening.group()) - len(quotes))
        position = opening.end()
        escape = "\\" + hashes
        # A one-line string ends with its line at the latest: a quote in a regex literal spoils one line only.
        stops = [re.escape(quotes + hashes), re.escape(escape) + r"\(?."] + (["\n"] if quotes == '"' else [])
        pattern = re.compile("|".join(stops), re.DOTALL)
        while found := pattern.search(self._text, position):
            if found.group() in (quotes + hashes, "\n"):
                self._mark(position, found.start(), b"s")
                return found.end()
            if found.group().startswith(escape + "("):
                self._mark(position, found.start(), b"s")
                position = self._read_code(found.start() + len(escape) + 1, inside_interpolation=True)
            else:
                end = found.start() + len(escape) + 1
                self._mark(position, end, b"s")
                position = end
        return len(self._text)
