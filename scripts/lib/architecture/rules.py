"""The rules of the house. To add one: write a function here that takes the tree and yields
(file, line number, what it found), mark it with @rule, begin its docstring with the rule in one sentence,
and plant a breach of it in Tests/Architecture/run."""
import re

RULES = []


def rule(function):
    RULES.append(function)
    return function


def sentence(function):
    return function.__doc__.strip().split("\n")[0].rstrip(".")


# ---- Who may know whom

_SERVICE_MODULES = {"Contracts", "FoundationEssentials", "Synchronization", "Logging"}
_CONTRACTS_MODULES = {
    "FoundationEssentials", "Logging", "Metrics", "Tracing", "ServiceContextModule", "Synchronization", "Glibc",
}
_CONTRACTS_PACKAGES = {"swift-log", "swift-metrics", "swift-distributed-tracing", "swift-service-context"}
_DOMAIN_MODULES = {"Contracts", "FoundationEssentials"}
_DEPENDENCY = re.compile(r"\.package\s*\(([^)]*)\)")
_FROM_PACKAGE = re.compile(r"\.product\s*\([^)]*?package:\s*\"([^\"]+)\"")


def _dependencies(manifest):
    """(line number, "path" or "url", where) of each package that a manifest depends on."""
    for found in _DEPENDENCY.finditer(manifest.text):
        number = manifest.text.count("\n", 0, found.start()) + 1
        place = re.search(r"\b(path|url|id):\s*\"([^\"]*)\"", found.group(1))
        yield (number, *(place.groups() if place else ("unknown", found.group(1).strip())))


def _imports_beyond(files, allowed):
    for file in files:
        for number, module in file.imports():
            if module not in allowed:
                yield file, number, module


def _imports_of(files, forbidden):
    for file in files:
        for number, module in file.imports():
            if module in forbidden:
                yield file, number, module


def _local_dependencies_beyond(manifests, allowed):
    for manifest in manifests:
        for number, kind, place in _dependencies(manifest):
            if kind != "url" and place != allowed:
                yield manifest, number, place


@rule
def a_service_imports_only_contracts(tree):
    """A service imports only Contracts, FoundationEssentials, Synchronization and Logging.

    Its tests may import the service itself, Testing and ContractsTesting as well."""
    for service in tree.services:
        files = tree.swift_in("Services", service)
        tests = [file for file in files if file.is_test]
        # The domain has a stricter rule of its own.
        sources = [file for file in files if not file.is_test and "Domain" not in file.parts]
        yield from _imports_beyond(sources, _SERVICE_MODULES)
        yield from _imports_beyond(tests, _SERVICE_MODULES | {service, "Testing", "ContractsTesting"})


@rule
def a_service_depends_only_on_contracts(tree):
    """A service's manifest depends on ../../Shared/Contracts and on nothing else."""
    for manifest in tree.manifests("Services"):
        for number, _, place in _dependencies(manifest):
            if place != "../../Shared/Contracts":
                yield manifest, number, place
        for found in _FROM_PACKAGE.finditer(manifest.text):
            if found.group(1) != "Contracts":
                yield manifest, manifest.text.count("\n", 0, found.start()) + 1, found.group(1)


@rule
def a_service_shows_only_its_module(tree):
    """A service's only public declarations are those of its module's file."""
    public = re.compile(r"^\s*public\s")
    for service in tree.services:
        for file in tree.swift_in("Services", service, "Sources"):
            if file.name != f"{service}Module.swift":
                for number, _ in file.matches(public):
                    yield file, number, "public"


@rule
def contracts_import_no_machinery(tree):
    """Contracts imports nothing but FoundationEssentials, Synchronization, Glibc and the logging, metrics and tracing interfaces."""
    yield from _imports_beyond(tree.swift_in("Shared", "Contracts", "Sources", "Contracts"), _CONTRACTS_MODULES)
    # A semaphore from Dispatch is what holds up a body that is synchronous.
    for_tests = _CONTRACTS_MODULES | {"Contracts", "Testing", "ContractsTesting", "Dispatch"}
    yield from _imports_beyond(tree.swift_in("Shared", "Contracts", "Sources", "ContractsTesting"), for_tests)
    yield from _imports_beyond(tree.swift_in("Shared", "Contracts", "Tests"), for_tests)


@rule
def contracts_depend_on_no_machinery(tree):
    """Contracts' manifest depends on swift-log, swift-metrics, swift-distributed-tracing and its context, and nothing else."""
    for manifest in tree.manifests("Shared", "Contracts"):
        for number, kind, place in _dependencies(manifest):
            package = place.removesuffix(".git").rsplit("/", 1)[-1]
            if kind != "url" or package not in _CONTRACTS_PACKAGES:
                yield manifest, number, place


@rule
def an_adapter_imports_no_service(tree):
    """An adapter imports no service and not the gateway."""
    yield from _imports_of(tree.swift_in("Shared", "Adapters"), {*tree.services, "Gateway"})


@rule
def an_adapter_imports_no_other_adapter(tree):
    """An adapter imports no other adapter."""
    for adapter in tree.adapters:
        others = set(tree.adapters) - {adapter}
        yield from _imports_of(tree.swift_in("Shared", "Adapters", "Sources", adapter), others)


@rule
def adapters_depend_on_no_service(tree):
    """The adapters' only local dependency is ../Contracts."""
    yield from _local_dependencies_beyond(tree.manifests("Shared", "Adapters"), "../Contracts")


@rule
def the_gateway_imports_no_service(tree):
    """The gateway imports no service and no adapter."""
    yield from _imports_of(tree.swift_in("Gateway"), {*tree.services, *tree.adapters})


@rule
def the_gateway_depends_on_no_service(tree):
    """The gateway's only local dependency is ../Shared/Contracts."""
    yield from _local_dependencies_beyond(tree.manifests("Gateway"), "../Shared/Contracts")


# ---- The domain

def _domain_files(tree):
    return [file for file in tree.swift_files if "Domain" in file.parts[:-1] and not file.is_test]


@rule
def the_domain_imports_only_contracts(tree):
    """A domain imports only Contracts and FoundationEssentials."""
    yield from _imports_beyond(_domain_files(tree), _DOMAIN_MODULES)


@rule
def the_domain_is_synchronous(tree):
    """A domain never waits: async stands only in what a port's protocol asks for, await nowhere."""
    waiting = re.compile(r"\b(async|await)\b")
    for file in _domain_files(tree):
        ports = _lines_of_protocols(file)
        for number, found in file.matches(waiting):
            if found.group() == "await" or number not in ports:
                yield file, number, found.group()


def _lines_of_protocols(file):
    code, lines = "\n".join(file.code_lines), set()
    for protocol in re.finditer(r"\bprotocol\s+\w+", code):
        depth = 0
        for brace in re.finditer(r"[{}]", code[protocol.end():]):
            depth += 1 if brace.group() == "{" else -1
            if depth == 0:
                first = code.count("\n", 0, protocol.start()) + 1
                lines.update(range(first, code.count("\n", 0, protocol.end() + brace.start()) + 2))
                break
    return lines


@rule
def the_domain_speaks_no_sql(tree):
    """A domain has no SQL."""
    types = re.compile(r"\bSQL\w*\b")
    statements = re.compile(
        r"\b(SELECT\b.*\bFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(?:TABLE|INDEX)|SELECT\s*$)\b")
    for file in _domain_files(tree):
        for number, found in [*file.matches(types), *file.matches(statements, file.string_lines)]:
            yield file, number, found.group().strip()


# ---- Names

_DRAWER_WORDS = {"Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Common", "Misc", "Miscellaneous"}
_DRAWER_ENDINGS = {"Manager", "Managers", "Impl", "Implementation"}
_TYPE = re.compile(
    r"^\s*(?:(?:@\w+|export|default|declare|abstract|public|package|internal|fileprivate|private|final|indirect"
    r"|nonisolated)\s+)*(?:struct|class|enum|actor|protocol|interface|typealias|type)\s+(\w+)")


def _is_a_drawer(name):
    words = [word.capitalize() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    return bool(words) and (
        words[-1] in _DRAWER_ENDINGS or bool(_DRAWER_WORDS.intersection(words)) and words[:2] != ["Common", "Mark"])


@rule
def nothing_is_a_drawer(tree):
    """No file, folder or type is a drawer: Utils, Helper, Common, Misc, …Manager, …Impl."""
    for file in tree.files:
        for part in [*file.parts[:-1], file.name.split(".")[0]]:
            if _is_a_drawer(part):
                yield file, 1, part
        if file.name.endswith((".swift", ".ts", ".tsx", ".py")):
            for number, found in file.matches(_TYPE, file.code_lines if file.is_swift else file.lines):
                if _is_a_drawer(found.group(1)):
                    yield file, number, found.group(1)


@rule
def no_protocol_is_prefixed(tree):
    """No protocol is named with a leading I."""
    for file in tree.swift_files:
        for number, found in file.matches(re.compile(r"\bprotocol\s+(I[A-Z][a-z]\w*)")):
            yield file, number, found.group(1)


# ---- Lines that need a reason, and lines that have none

_REASON = r"//\s*(?:Safe|Why):\s+\S"
_WHY = r"(?://|#)\s*Why:\s+\S"


@rule
def tests_never_sleep(tree):
    """A test awaits an event; it never sleeps. A script may poll a process, with a "Why:" directly above."""
    swift = re.compile(
        r"\b(?:Task|Thread)\.sleep\b|\b(?:Continuous|Suspending)Clock\(?\)?\.sleep\b|(?<![.\w])(?:u|nano)?sleep\s*\(")
    script = re.compile(
        r"\btime\.sleep\s*\(|\basyncio\.sleep\s*\(|\bwait_for_timeout\s*\(|(?:^|[;&|]|\bdo\b)\s*sleep\s+[\d.$]")
    for file in tree.files:
        if not file.is_test:
            continue
        if file.is_swift:
            for number, found in file.matches(swift):
                yield file, number, found.group().strip()
        elif file.is_script:
            for number, found in file.matches(script, file.lines):
                if not file.states_a_reason_above(number, _WHY):
                    yield file, number, found.group().strip()


@rule
def every_unsafe_line_says_why(tree):
    """Each unsafe line has a comment "// Safe: …" or "// Why: …" directly above."""
    unsafe = re.compile(r"@unchecked\s+Sendable|\bnonisolated\(unsafe\)|\bunsafe\w*[cC]ast\b|\btry!")
    for file in tree.swift_files:
        for number, found in file.matches(unsafe):
            if not file.states_a_reason_above(number, _REASON):
                yield file, number, found.group()


@rule
def nothing_is_detached(tree):
    """Nothing runs detached from the task that wants it: no Task.detached."""
    for file in tree.swift_files:
        for number, found in file.matches(re.compile(r"\bTask\s*(?:<[^>]*>)?\.detached\b")):
            yield file, number, found.group()


@rule
def no_sql_is_built_from_variables(tree):
    """No statement is built from variables: what varies is a bound parameter. An adapter may, with "// Safe:" above."""
    built = re.compile(r"\\\((?:raw|literal|unsafe\w*):|\bSQL\s*\(\s*(?:stringLiteral|literal|raw)\s*:")
    argument = re.compile(r"\b(?:sql|literal)\s*:\s*#*\"+[^\"]*\\\(")
    for file in tree.swift_files:
        found_lines = {number: found.group() for number, found in file.matches(built, file.lines)}
        found_lines |= {number: found.group() for number, found in file.matches(argument, file.lines)}
        for number, found in found_lines.items():
            is_code = re.search(r"\b(?:sql|SQL|literal|raw|unsafe\w*)\b", file.code_lines[number - 1])
            may = file.is_in("Shared", "Adapters") and file.states_a_reason_above(number, _REASON)
            if is_code and not may:
                yield file, number, found


@rule
def foundation_needs_a_reason(tree):
    """Foundation is imported only where a "// Why: …" stands directly above; FoundationEssentials does."""
    for file in tree.swift_files:
        for number, module in file.imports():
            if module == "Foundation" and not file.states_a_reason_above(number, _WHY):
                yield file, number, module


# ---- Size and place

@rule
def no_file_is_over_400_lines(tree):
    """No source is longer than 400 lines."""
    for file in tree.files:
        if file.name.endswith((".swift", ".ts", ".tsx", ".js", ".mjs", ".css", ".sql")) or file.is_script:
            length = len(file.text.splitlines())
            if length > 400:
                yield file, 401, f"{length} lines"


@rule
def nothing_names_a_place_outside(tree):
    """No file names a place outside the repository; .ci/run alone says where test data may lie."""
    outside = re.compile(r"(?<![\w.:/~}])/(?:home|Users|root|work|workspace)/\w*|(?<![\w/.])\.\./shared\b")
    text = (".swift", ".ts", ".tsx", ".js", ".mjs", ".css", ".sql", ".md", ".json", ".yml", ".yaml", ".html", ".txt")
    for file in tree.files:
        if file.path != ".ci/run" and (file.name.endswith(text) or file.is_script):
            for number, found in file.matches(outside, file.lines):
                yield file, number, found.group()
