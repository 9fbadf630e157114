#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start of the server to its first answer, its idle memory, the size of the program, and executions per second.

Executions come from bench/flow_rates.cc: every transition is durable, and its floor is plain durable appends to
the same disk, measured in the same run.
"""

import argparse
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

from measure import ROOT, Program, median, megabytes, run, say_ratio


def resident(pid: int) -> int:
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024


def start_once(program: Program, data: str, idle_seconds: float):
    """(seconds from start to the first answer, resident bytes some seconds later)."""
    begin = time.perf_counter()
    child = subprocess.Popen(
        [str(program.outlay), "up", "--port", "0", "--insecure", "--data", data],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        found = re.search(r"http://[^/\s]+", child.stdout.readline())
        if not found:
            raise SystemExit("the server did not print its address")
        urllib.request.urlopen(f"{found.group(0)}/api/v1/main/version").read()
        seconds = time.perf_counter() - begin
        time.sleep(idle_seconds)
        return seconds, resident(child.pid)
    finally:
        child.terminate()
        child.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", default="build/release")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--idle", type=float, default=2, help="seconds to wait before memory is read")
    parser.add_argument("--scratch", default=None, help="folder on the disk to measure")
    options = parser.parse_args()
    program = Program(options.build)
    with tempfile.TemporaryDirectory(dir=options.scratch) as data:
        starts = [start_once(program, data, options.idle) for _ in range(options.turns)]
        floor = median(run([str(program.outlay), "--version"])[1] for _ in range(options.turns))
        say_ratio("start to first answer (baseline: --version)", median(s for s, _ in starts), floor)
        print(f"idle memory: {megabytes(median(memory for _, memory in starts))} resident")
    size = os.path.getsize(program.outlay)
    duck = ROOT / ".deps/duckdb/lib/libduckdb.so"
    shared = os.path.getsize(duck) if duck.is_file() else 0
    print(f"program: {megabytes(size)}, and {megabytes(shared)} of DuckDB's library")
    rates = program.tool("flow_rates")
    if rates.is_file():
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
            print(run([str(rates), folder])[0], end="")


if __name__ == "__main__":
    main()
