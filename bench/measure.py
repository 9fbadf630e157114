# SPDX-License-Identifier: Apache-2.0
"""What the benchmark scripts share: run a program and learn its time and memory, say a ratio."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Program:
    """The programs of one build folder."""

    def __init__(self, build: str):
        self.build = pathlib.Path(build).resolve()
        self.outlay = self.build / "outlay"
        if not self.outlay.is_file():
            sys.exit(f"{self.outlay} is not there; build first: make bench")

    def tool(self, name: str) -> pathlib.Path:
        for folder in (self.build / "bench", self.build):
            if (folder / name).is_file():
                return folder / name
        return self.build / "bench" / name

    def duck(self, threads: int, memory: str, repeats: int, *statements: str):
        """Runs statements on a plain DuckDB: (seconds of each run of the last, peak memory in bytes)."""
        if not self.tool("duck_sql").is_file():
            sys.exit("duck_sql is not there; build first: make bench")
        command = [str(self.tool("duck_sql")), str(threads), memory, str(repeats), *statements]
        text, _, peak = run(command)
        return json.loads(text)["seconds"], peak

    def bills(self, out: pathlib.Path, *options: str) -> dict:
        """Writes demo bills and answers with the report."""
        command = [str(self.outlay), "demo", "generate", "--json", "--out", str(out), *options]
        return json.loads(run(command)[0])


def run(command, **environment):
    """Runs to the end: (stdout, seconds, peak resident memory in bytes). Exits when the command fails."""
    start = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment})
    out, err = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {child.returncode}: {err.decode()[-2000:]}")
    return out.decode(), seconds, usage.ru_maxrss * 1024


def evict(folder: pathlib.Path):
    """Asks the system to forget cached pages of all files below a folder, so that reads are cold."""
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def percentile(times, share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def say_ratio(what: str, measured: float, baseline: float, unit: str = "s", goal: str = ""):
    ratio = measured / baseline if baseline else float("nan")
    print(f"{what:<46} {measured:10.3f} {unit}   baseline {baseline:10.3f} {unit}   ratio {ratio:6.2f}"
          f"{'   goal ' + goal if goal else ''}", flush=True)


def median(times) -> float:
    return statistics.median(times)


def megabytes(count: float) -> str:
    return f"{count / 1e6:,.0f} MB"
