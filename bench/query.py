#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Spend by service and day over 13 months: cold and warm, against the same SQL on the booked rows' raw Parquet.

Cold: a fresh process, the files evicted from the page cache. Warm process: a fresh process with the files
cached. Warm: one server, asked over HTTP again and again.
"""

import argparse
import contextlib
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

from measure import Program, evict, median, percentile, run, say_ratio

QUESTION = ["--metric", "EffectiveCost", "--by", "ServiceName", "--granularity", "day"]
PATH = "api/v1/main/ledger/query?metric=EffectiveCost&by=ServiceName&granularity=day"


@contextlib.contextmanager
def server(program: Program, data: pathlib.Path):
    """A running server's address."""
    child = subprocess.Popen(
        [str(program.outlay), "up", "--port", "0", "--insecure", "--data", str(data)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        found = re.search(r"http://[^/\s]+", child.stdout.readline())
        if not found:
            raise SystemExit("the server did not print its address")
        yield found.group(0)
    finally:
        child.terminate()
        child.wait()


def timed(action) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", default="build/release")
    parser.add_argument("--rows", type=int, default=500_000, help="10000000 is the size of the goal")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="1 GB")
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--scratch", default=None, help="folder on the disk to measure")
    options = parser.parse_args()
    # For every program started from here on, so that both sides have the same.
    os.environ["OUTLAY_LEDGER_THREADS"] = str(options.threads)
    os.environ["OUTLAY_LEDGER_MEMORY"] = options.memory
    program = Program(options.build)
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        folder = pathlib.Path(name)
        program.bills(folder / "bills", "--providers", "aws", "--rows", str(options.rows), "--no-restatement")
        data = folder / "data"
        run([str(program.outlay), "ingest", str(folder / "bills/aws/cur2"), "--source", "aws",
             "--json", "--data", str(data)])
        raw = (
            "SELECT ServiceName, CAST(ChargePeriodStart AS DATE) AS day, BillingCurrency, sum(EffectiveCost) "
            f"FROM read_parquet('{data}/ledger/**/rows.parquet', union_by_name = true) GROUP BY ALL")
        question = [str(program.outlay), "query", *QUESTION, "--json", "--data", str(data)]
        print(f"query: spend by service and day, 13 months, about {options.rows:,} rows, {options.turns} turns each")
        ours, base = [], []
        for _ in range(options.turns):
            evict(data)
            base.append(timed(lambda: program.duck(options.threads, options.memory, 1, raw)))
            evict(data)
            ours.append(timed(lambda: run(question)))
        say_ratio("cold process, median", median(ours), median(base))
        say_ratio("cold process, p95", percentile(ours, 0.95), percentile(base, 0.95))
        ours = [timed(lambda: run(question)) for _ in range(options.turns)]
        base = [timed(lambda: program.duck(options.threads, options.memory, 1, raw)) for _ in range(options.turns)]
        say_ratio("warm process, median", median(ours), median(base))
        say_ratio("warm process, p95", percentile(ours, 0.95), percentile(base, 0.95))
        with server(program, data) as address:
            ours = [timed(lambda: urllib.request.urlopen(f"{address}/{PATH}").read()) for _ in range(5 * options.turns)]
        base, _ = program.duck(options.threads, options.memory, 5 * options.turns, raw)
        say_ratio("warm server against warm DuckDB, median", median(ours), median(base))
        say_ratio("warm server against warm DuckDB, p95", percentile(ours, 0.95), percentile(base, 0.95))


if __name__ == "__main__":
    main()
