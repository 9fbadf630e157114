#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every include under src/ keeps to the module() lines of CMakeLists.txt.

A module may include itself and the modules it USES; it may use only modules declared above it; third-party
libraries have a home each. `--graph` prints who uses whom and how often instead.
"""

import argparse
import pathlib
import re
import sys
from collections import Counter
from dataclasses import dataclass, field

# Which modules may include which third-party headers. The first pattern that fits decides.
BORDERS = [
    (r"boost/json", {"format"}),
    (r"libfyaml\.h|simdjson", {"format"}),
    (r"duckdb\.h|sqlite3\.h|libpq", {"store"}),
    (r"curl/", {"io"}),
    (r"openssl/", {"io", "expr"}),
    (r"isa-l|zlib\.h|zstd\.h", {"io"}),
    (r"re2/|jq\.h|jv\.h", {"expr"}),
    (r"spdlog/|date/", {"base"}),
    (r"boost/(beast|asio|url|system)", {"server"}),
    (r"CLI/", {"cli"}),
    (r"boost/", set()),
    (r"(gtest|gmock|benchmark)/", None),  # tests only
]

MODULE_LINE = re.compile(r"^\s*module\(\s*(\w+)(?:\s+USES\s+([\w\s]*))?\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


@dataclass
class House:
    """The modules in their order, and who may use whom."""

    uses: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)


def read_house(cmake: str) -> House:
    """Reads module(NAME USES ...) lines; a line may only name modules above it."""
    house = House()
    text = re.sub(r"#.*", "", cmake)
    for match in MODULE_LINE.finditer(text):
        name, used = match.group(1), (match.group(2) or "").split()
        line = text.count("\n", 0, match.start(1)) + 1
        if name in house.uses:
            house.problems.append(f"CMakeLists.txt:{line}: module {name} is declared twice")
        for other in used:
            if other not in house.uses:
                house.problems.append(
                    f"CMakeLists.txt:{line}: module {name} uses {other}, which is not declared above it. "
                    "Modules stand lowest first, so that no ring can be written."
                )
        house.uses[name] = used
    return house


def includes(text: str):
    """Yields (line number, is_angled, path) of each #include."""
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == "<", match.group(2)


def border_problem(module: str, header: str, is_test: bool):
    """What is wrong with a third-party header here, or None."""
    for pattern, allowed in BORDERS:
        if not re.match(pattern, header):
            continue
        if allowed is None:
            return None if is_test else f"<{header}> belongs into tests (*_test.cc, testing.h)"
        if module in allowed:
            return None
        if not allowed:
            return f"<{header}> has no home in the house yet; agree on one module that may include it"
        home = " or ".join(sorted(allowed))
        return f"only {home} may include <{header}>; ask for it through a face of {home}"
    return None


def own_problem(house: House, module: str, path: str, src: pathlib.Path):
    """What is wrong with an include of ours, or None."""
    if "/" not in path:
        return f'"{path}" does not say its module; write "{module}/{path}" if it is ours'
    other = path.split("/", 1)[0]
    if other not in house.uses:
        return f'"{path}" names no module; modules are {", ".join(house.uses)}'
    allowed = house.uses[module]
    if other != module and other not in allowed:
        may = ", ".join(allowed) or "nothing"
        return (
            f'{module} may use {may}, not {other} ("{path}"). Declare a port in {module} that a higher '
            f"module binds, or name {other} in CMakeLists.txt if it lies below"
        )
    if path != f"{other}/embedded.h" and not (src / path).is_file():
        return f'"{path}" is not there'
    return None


def check(root: pathlib.Path):
    """All problems, and how often each module includes each other one."""
    house = read_house((root / "CMakeLists.txt").read_text(encoding="utf-8"))
    problems, edges = list(house.problems), Counter()
    src = root / "src"
    for folder in sorted(path for path in src.iterdir() if path.is_dir()):
        module = folder.name
        if module not in house.uses:
            problems.append(f"src/{module}: has no module({module} ...) line in CMakeLists.txt")
            continue
        for file in sorted(folder.rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            is_test = file.name.endswith("_test.cc") or file.name == "testing.h"
            where = file.relative_to(root)
            for line, is_angled, path in includes(file.read_text(encoding="utf-8")):
                if is_angled:
                    problem = border_problem(module, path, is_test)
                elif re.match(r"(gtest|gmock|benchmark|fmt|boost|duckdb|sqlite3)\b", path):
                    problem = f'"{path}" is not ours; write <{path}>'
                else:
                    problem = own_problem(house, module, path, src)
                    edges[module, path.split("/", 1)[0]] += 1
                if problem:
                    problems.append(f"{where}:{line}: {problem}")
    for module in house.uses:
        if not (src / module).is_dir():
            problems.append(f"CMakeLists.txt: module {module} has no folder src/{module}")
    return house, problems, edges


def print_graph(house: House, edges: Counter):
    """Who uses whom, lowest first, with the number of includes."""
    for module, used in house.uses.items():
        parts = [f"{other} {edges[module, other]}" for other in used if edges[module, other]]
        idle = [other for other in used if not edges[module, other]]
        print(f"{module:<12} -> {', '.join(parts) or 'nothing'}")
        if idle:
            print(f"{'':<12}    allowed but not used: {', '.join(idle)}")


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--graph", action="store_true", help="print the graph instead")
    options = parser.parse_args(arguments)
    house, problems, edges = check(options.root)
    if options.graph:
        print_graph(house, edges)
        return 0
    for problem in problems:
        print(problem)
    count = sum(edges.values())
    if problems:
        print(f"layers: {len(problems)} includes or declarations break the order of the modules")
        return 1
    print(f"layers: {len(house.uses)} modules, {count} includes between files of ours, no ring")
    return 0


if __name__ == "__main__":
    sys.exit(main())
