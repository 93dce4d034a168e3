"""The files that the rules look at: what git tracks or would track."""
import os
import re
import subprocess
from functools import cached_property
from pathlib import Path, PurePosixPath

from .swift import SwiftText

_IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var|actor)\s+)?(\w+)"
)
_SKIPPED_FOLDERS = re.compile(r"^\.(?!ci$|github$)|^(?:node_modules|__pycache__)$")


class SourceFile:
    def __init__(self, root, path):
        self.path = path
        self.parts = PurePosixPath(path).parts
        self.name = self.parts[-1]
        self._location = root / path

    @cached_property
    def text(self):
        return self._location.read_bytes().decode("utf-8", errors="replace")

    @cached_property
    def lines(self):
        return self.text.split("\n")

    @cached_property
    def _swift(self):
        return SwiftText(self.text)

    @property
    def code_lines(self):
        """Swift without comments and without the text of strings."""
        return self._swift.code_lines

    @property
    def string_lines(self):
        """The text of Swift's strings, and nothing else."""
        return self._swift.string_lines

    @property
    def is_swift(self):
        return self.name.endswith(".swift")

    @property
    def is_script(self):
        """Whether it is a program for a shell or Python."""
        return self.name.endswith((".py", ".sh", ".bash")) or (
            "." not in self.name and self.text.startswith("#!")
        )

    @property
    def is_test(self):
        return "Tests" in self.parts[:-1]

    def is_in(self, *folders):
        return self.parts[: len(folders)] == folders

    def imports(self):
        """(line number, module) of each import."""
        for number, line in enumerate(self.code_lines, 1):
            if "import" in line and (found := _IMPORT.match(line)):
                yield number, found.group(1)

    def matches(self, pattern, lines=None):
        """(line number, match) for each line in which the pattern occurs."""
        for number, line in enumerate(self.code_lines if lines is None else lines, 1):
            if found := pattern.search(line):
                yield number, found

    def states_a_reason_above(self, number, marker):
        """Whether the comment lines that end directly above line `number` hold one that begins with the
        marker, such as `// Why:`. Attributes may stand in between."""
        passed = ("//", "@") if self.is_swift else ("//", "#")
        for line in reversed(self.lines[: number - 1]):
            line = line.strip()
            if re.match(marker, line):
                return True
            if not line.startswith(passed):
                return False
        return False


class Tree:
    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = [SourceFile(self.root, path) for path in sorted(self._paths())]

    def _paths(self):
        if (self.root / ".git").exists():
            listing = subprocess.run(
                ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                check=True, capture_output=True, text=True,
            ).stdout
            return {path for path in listing.split("\0") if path and (self.root / path).is_file()}
        paths = set()
        for folder, subfolders, names in os.walk(self.root):
            subfolders[:] = [name for name in subfolders if not _SKIPPED_FOLDERS.match(name)]
            paths.update((Path(folder) / name).relative_to(self.root).as_posix() for name in names)
        return paths

    @cached_property
    def swift_files(self):
        return [file for file in self.files if file.is_swift]

    @cached_property
    def services(self):
        return sorted({file.parts[1] for file in self.files if file.is_in("Services") and len(file.parts) > 2})

    @cached_property
    def adapters(self):
        """The adapters' modules: those written in Swift. A system library's module map or a shim in C is
        none, and several may use one."""
        return sorted({
            file.parts[3] for file in self.swift_files
            if file.is_in("Shared", "Adapters", "Sources") and len(file.parts) > 4
        })

    def swift_in(self, *folders):
        return [file for file in self.swift_files if file.is_in(*folders) and file.name != "Package.swift"]

    def manifests(self, *folders):
        return [file for file in self.files if file.is_in(*folders) and file.name == "Package.swift"]
