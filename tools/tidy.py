#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the habits of STYLE.md that compilers do not: words, sizes, README files, links, dead files.

One pass over the tree; every finding says what to write instead. A line may opt out with a reason:
`// tidy: <rule>: <why>`. What was there when a rule came stands in tools/size_ratchet.txt with its size
(long functions and files) or count (shared:FILE, sql:FILE): it may shrink, never grow.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass

CODE = (".h", ".cc")
TREES = ("src", "tests", "bench", "tools", "web/src", "docs", "examples", "changes", "deploy", "cmake")
FUNCTION_LINES = 70
FILE_LINES = 600
README_LINES = 40
README_HEADS = (
    "What it is for",
    "Its face",
    "What it may include",
    "How to add one more",
    "Where its tests are",
)
SQL_LINES = 3
SQL_START = re.compile(r"\s*(SELECT|INSERT|CREATE|WITH|UPDATE|DELETE|COPY|MERGE)\s", re.IGNORECASE)


@dataclass(frozen=True)
class Word:
    """A word that may not stand in some files, with what to write instead."""

    rule: str
    pattern: re.Pattern
    where: re.Pattern
    instead: str


def word(rule, pattern, where, instead):
    return Word(rule, re.compile(pattern), re.compile(where), instead)


MONEY_NAMES = r"(cost|price|amount|money|billed|effective|contracted|list|total|budget|spend)"
WORDS = [
    word("double", r"\b(double|float)\b", r"src/money/.*\.(h|cc)$", "money is never double: write Decimal"),
    word(
        "double",
        rf"\b(double|float)\b\s+\w*{MONEY_NAMES}",
        r"src/(ledger|connectors|demo|tasks|api|store)/.*\.(h|cc)$",
        "money is never double: write Decimal",
    ),
    word(
        "clock",
        r"std::chrono::\w*_clock::now",
        r"src/(?!base/|app/).*(?<!_test)\.(h|cc)$",
        "ask the base::Clock that is passed in",
    ),
    word("using", r"^\s*using namespace\b", r"src/.*\.h$", "name what you use; a header opens no namespace"),
    word(
        "using",
        r"^using namespace (?!std::(chrono|chrono_literals|literals|string_literals|string_view_literals);)",
        r"src/.*\.cc$",
        "name what you use, or open the namespace inside the function",
    ),
    word(
        "shared",
        r"\bshared_ptr<(?!const\b)",
        r"src/.*(?<!_test)\.(h|cc)$",
        "own it (unique_ptr, value) or share it unchanging: shared_ptr<const T>",
    ),
    word("fixme", r"\bFIXME\b", r".*\.(h|cc|py|ts|tsx|sql|yaml|cmake)$", "mend it before it is merged"),
    word("todo", r"\bTODO(?!\(#\d+\): )", r".*\.(h|cc|py|ts|tsx|sql|cmake)$", "write TODO(#issue): sentence"),
    word(
        "sleep",
        r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(",
        r"(src/.*(_test\.cc|testing\.h)|tools/tests/.*\.py)$",
        "wait for the event itself, or move a ManualClock",
    ),
    word(
        "random",
        r"\b(std::random_device|std::mt19937|s?rand\()",
        r"src/(?!base/).*\.(h|cc)$",
        "use base::Random with a seed, or base::secure_bytes for secrets",
    ),
    word(
        "name",
        r"^\s*(class|struct)\s+(\w*(Manager|Helper|Utils?|Common|Impl)|I[A-Z][a-z]\w*Interface)\b",
        r"src/.*\.(h|cc)$",
        "name what it is or does",
    ),
    word("process", r"\b(v?fork|system|popen)\s*\(", r"src/(?!io/).*\.(h|cc)$", "start processes through io/process.h"),
]

# Where a banned word is right, and why.
ALLOWED = {
    ("double", "src/money/decimal.h"): "approximate() is for charts and statistics",
    ("double", "src/money/decimal.cc"): "approximate() is for charts and statistics",
    ("fixme", "tools/tidy.py"): "names the word",
    ("todo", "tools/tidy.py"): "names the word",
}


class Tree:
    """The files that are checked, read once."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.texts = {}
        for path in sorted(self._paths()):
            try:
                self.texts[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue

    def _paths(self):
        yield from self.root.glob("*.md")
        for tree in TREES:
            for path in (self.root / tree).rglob("*"):
                skipped = any(part in ("node_modules", "testdata", "__pycache__", "data") for part in path.parts)
                if path.is_file() and not skipped:
                    yield path

    def code(self):
        return {name: text for name, text in self.texts.items() if name.endswith(CODE)}


# Rules whose findings are counted per file against the ratchet.
COUNTED = ("shared", "sql")


@dataclass(frozen=True)
class Finding:
    rule: str
    file: str
    line: int
    message: str

    def text(self) -> str:
        return f"{self.file}:{self.line}: [{self.rule}] {self.message}"


def check_words(tree: Tree):
    for name, text in tree.texts.items():
        rules = [rule for rule in WORDS if rule.where.match(name) and (rule.rule, name) not in ALLOWED]
        if not rules or name.startswith("tools/tests/test_tidy"):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            for rule in rules:
                is_comment = rule.rule not in ("fixme", "todo") and line.lstrip().startswith(("//", "#", "*"))
                if is_comment or f"tidy: {rule.rule}:" in line:
                    continue
                found = rule.pattern.search(line)
                if found:
                    yield Finding(rule.rule, name, number, f'"{found.group(0).strip()}": {rule.instead}')


def check_licence_line(tree: Tree):
    for name, text in tree.texts.items():
        if not name.endswith((".h", ".cc", ".py")):
            continue
        lines = text.splitlines()
        first = lines[1] if len(lines) > 1 and lines[0].startswith("#!") else lines[0] if lines else ""
        if "SPDX-License-Identifier: Apache-2.0" not in first:
            yield Finding("licence", name, 1, "the first line is the SPDX line: SPDX-License-Identifier: Apache-2.0")


def check_readmes(tree: Tree):
    src = tree.root / "src"
    for folder in sorted(path for path in src.glob("*") if path.is_dir()):
        name = f"src/{folder.name}/README.md"
        text = tree.texts.get(name)
        if text is None:
            yield Finding("readme", name, 1, f"a module has a README of at most {README_LINES} lines; this one has none")
            continue
        lines = text.splitlines()
        if len(lines) > README_LINES:
            told = f"{len(lines)} lines; keep to {README_LINES} and move the rest to docs/design/"
            yield Finding("readme", name, README_LINES + 1, told)
        missing = [head for head in README_HEADS if not re.search(rf"^#+ {re.escape(head)}\s*$", text, re.MULTILINE)]
        if missing:
            told = f"has no head \"{missing[0]}\"; the heads are: {', '.join(README_HEADS)}"
            yield Finding("readme", name, 1, told)


def slug(head: str) -> str:
    """The anchor a head gets on the usual forges."""
    text = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", head).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def check_links(tree: Tree):
    link = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)[^)]*\)")
    for name, text in tree.texts.items():
        if not name.endswith(".md"):
            continue
        in_block = False
        for number, line in enumerate(text.splitlines(), start=1):
            if line.lstrip().startswith("```"):
                in_block = not in_block
            if in_block:
                continue
            for match in link.finditer(re.sub(r"`[^`]*`", "", line)):
                problem = link_problem(tree, name, match.group(1) or match.group(2))
                if problem:
                    yield Finding("link", name, number, problem)


def link_problem(tree: Tree, name: str, target: str):
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, anchor = target.partition("#")
    here = tree.root / name
    file = (tree.root / path.lstrip("/") if path.startswith("/") else here.parent / path) if path else here
    if not file.exists():
        return f"{target} is not there"
    if anchor and file.suffix == ".md":
        heads = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        if anchor not in {slug(head) for head in heads}:
            return f"{target}: {path or name} has no such head"
    return None


def functions(text: str):
    """Yields (first line, name, lines) of functions in code that clang-format laid out."""
    start, class_start, in_class = None, None, False
    head = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"(class|struct|union|enum)\b.*\{$", line):
            in_class = True
        if line.startswith("};"):
            in_class = False
        if re.match(r"[A-Za-z_\[~:]", line) and not line.startswith(("namespace", "using", "public", "private")):
            start, head = number, line
        if in_class and re.match(r"  [A-Za-z_\[~:]", line):
            class_start, head = number, line.strip()
        if line == "}" and start is not None:
            yield start, name_of(head), number - start + 1
            start = None
        if in_class and line == "  }" and class_start is not None:
            yield class_start, name_of(head), number - class_start + 1
            class_start = None


def name_of(head: str) -> str:
    match = re.search(r"([\w:~]+|operator\S+)\s*\(", head)
    return match.group(1) if match else head.split("{")[0].strip()


def read_ratchet(text: str) -> dict:
    """Lines of `path lines` or `path:function lines`; # begins a comment."""
    out = {}
    for line in text.splitlines():
        line = line.split("#", 1)[0].split()
        if len(line) == 2:
            out[line[0]] = int(line[1])
    return out


def sizes(tree: Tree):
    """What is too long: (key of the ratchet, lines, limit, the finding)."""
    instead = "cut it where it says two things"
    for name, text in tree.texts.items():
        if not name.endswith((".h", ".cc", ".py", ".ts", ".tsx", ".css")):
            continue
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield name, lines, FILE_LINES, Finding("size", name, 1, f"a file of {lines} lines; {instead}")
        if not name.endswith(CODE):
            continue
        for line, function, length in functions(text):
            if length > FUNCTION_LINES:
                told = f"{function} has {length} lines; {instead}"
                yield f"{name}:{function}", length, FUNCTION_LINES, Finding("size", name, line, told)


def check_sizes(tree: Tree, ratchet: dict):
    for key, lines, limit, finding in sizes(tree):
        if lines > max(ratchet.get(key, 0), limit):
            yield finding


def check_sql(tree: Tree):
    raw = re.compile(r'R"(\w*)\((.*?)\)\1"', re.DOTALL)
    instead = "SQL longer than three lines lives in sql/name.sql"
    for name, text in tree.code().items():
        if not name.startswith("src/") or name.endswith("_test.cc"):
            continue
        for match in raw.finditer(text):
            body = match.group(2).strip("\n")
            if SQL_START.match(body) and body.count("\n") + 1 > SQL_LINES:
                yield Finding("sql", name, text.count("\n", 0, match.start()) + 1, instead)
        yield from joined_sql(name, text, instead)


def joined_sql(name: str, text: str, instead: str):
    run, first = [], 0
    for number, line in enumerate(text.splitlines() + [""], start=1):
        piece = re.match(r'[\s\w:.,&<>=+({\[-]*?"((?:[^"\\]|\\.)*)"[;,)\s}]*$', line)
        # A line that goes on from the one before begins with its quote.
        if piece and run and not line.lstrip().startswith('"'):
            piece = None
        if piece:
            first = first or number
            run.append(piece.group(1))
            if not re.search(r"[;,)]\s*$", line):
                continue
        if len(run) > SQL_LINES and SQL_START.match("".join(run)):
            yield Finding("sql", name, first, instead)
        run, first = [], 0


def check_dead(tree: Tree):
    included = set()
    for text in tree.code().values():
        included.update(re.findall(r'#\s*include\s*"([^"]+)"', text))
    for name, text in tree.texts.items():
        if name.endswith((".orig", ".rej", ".bak", "~")):
            yield Finding("dead", name, 1, "a leftover; delete it")
        elif not text.strip() and not name.endswith("__init__.py"):
            yield Finding("dead", name, 1, "is empty; delete it")
        elif name.startswith("src/") and name.endswith(".h") and name[len("src/"):] not in included:
            yield Finding("dead", name, 1, "nobody includes it; delete it")
        elif name.startswith("src/") and name.endswith(".sql"):
            module = "/".join(name.split("/")[:2]) + "/"
            stem = pathlib.PurePosixPath(name).name
            users = (other for path, other in tree.texts.items() if path.startswith(module) and path != name)
            if not any(stem in other for other in users):
                yield Finding("dead", name, 1, f"nothing in {module} names it; delete it")


def counted(findings) -> dict:
    """How many findings of each counted rule a file has, by key of the ratchet."""
    out = {}
    for finding in findings:
        if finding.rule in COUNTED:
            key = f"{finding.rule}:{finding.file}"
            out[key] = out.get(key, 0) + 1
    return out


def check(root: pathlib.Path):
    """All findings in the order of the rules, what the ratchet would have to hold, and the number of files."""
    tree = Tree(root)
    ratchet_file = root / "tools/size_ratchet.txt"
    ratchet = read_ratchet(ratchet_file.read_text(encoding="utf-8")) if ratchet_file.is_file() else {}
    findings = []
    for rule in (check_licence_line, check_words, check_sql, check_readmes, check_links, check_dead):
        findings += rule(tree)
    counts = counted(findings)
    kept = {key for key, count in counts.items() if count <= ratchet.get(key, 0)}
    findings = [finding for finding in findings if f"{finding.rule}:{finding.file}" not in kept]
    findings += check_sizes(tree, ratchet)
    needed = {key: lines for key, lines, _, _ in sizes(tree)} | counts
    return findings, needed, len(tree.texts)


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--ratchet", action="store_true", help="print what the ratchet would have to hold")
    options = parser.parse_args(arguments)
    findings, needed, files = check(options.root)
    if options.ratchet:
        for key, size in sorted(needed.items()):
            print(key, size)
        return 0
    for finding in findings:
        print(finding.text())
    if findings:
        print(f"tidy: {len(findings)} findings in {files} files")
        return 1
    print(f"tidy: {files} files, nothing to say")
    return 0


if __name__ == "__main__":
    sys.exit(main())
