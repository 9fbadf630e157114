#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Books one month of a CUR from gzip CSV, plain CSV and Parquet, against DuckDB's own plain COPY of the same file.

Both sides use the same library, threads and memory limit, take turns, and start as fresh processes. The
program's time is from its start to the receipt: hashed, mapped, checked, rolled up, synced and committed.
"""

import argparse
import json
import pathlib
import shutil
import tempfile

from measure import Program, evict, median, megabytes, run, say_ratio


def reader_of(path: pathlib.Path) -> str:
    return f"read_parquet('{path}')" if path.suffix == ".parquet" else f"read_csv('{path}')"


def make_inputs(program: Program, folder: pathlib.Path, rows: int) -> dict:
    """The same month three times: as the provider's two CSV forms and as Parquet."""
    out = {}
    for compression in ("gzip", "none"):
        bills = folder / compression
        program.bills(bills, "--providers", "aws", "--months", "1", "--rows", str(rows),
                      "--compression", compression, "--no-restatement")
        name = "gzip CSV" if compression == "gzip" else "plain CSV"
        out[name] = next((bills / "aws/cur2/data").rglob("*.csv*"))
    parquet = folder / "cur2-00001.snappy.parquet"
    program.duck(2, "2 GB", 1, f"COPY (SELECT * FROM {reader_of(out['plain CSV'])}) TO '{parquet}' "
                              "(FORMAT parquet, COMPRESSION snappy)")
    out["Parquet"] = parquet
    return out


def measure(program: Program, file: pathlib.Path, scratch: pathlib.Path, options):
    """One turn of each: (seconds, peak) of ours, (seconds, peak) of the baseline, rows."""
    if options.cold:
        evict(file.parent)
    target = scratch / "copy.parquet"
    statement = f"COPY (SELECT * FROM {reader_of(file)}) TO '{target}' (FORMAT parquet)"
    command = [str(program.tool("duck_sql")), str(options.threads), options.memory, "1", statement]
    _, copy_seconds, copy_peak = run(command)
    target.unlink()
    if options.cold:
        evict(file.parent)
    data = scratch / "data"
    text, seconds, peak = run(
        [str(program.outlay), "ingest", str(file), "--source", "aws", "--json", "--data", str(data)],
        OUTLAY_LEDGER_THREADS=str(options.threads), OUTLAY_LEDGER_MEMORY=options.memory)
    shutil.rmtree(data)
    return seconds, peak, copy_seconds, copy_peak, json.loads(text)["rowsRead"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", default="build/release")
    parser.add_argument("--rows", type=int, default=200_000, help="5000000 is the size of the goal")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="1 GB")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="evict the input from the page cache before each turn")
    parser.add_argument("--scratch", default=None, help="folder on the disk to measure")
    options = parser.parse_args()
    program = Program(options.build)
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        folder = pathlib.Path(name)
        inputs = make_inputs(program, folder, options.rows)
        print(f"ingest: about {options.rows:,} rows, {options.threads} threads, {options.memory}, "
              f"median of {options.turns}")
        for kind, file in inputs.items():
            turns = [measure(program, file, folder, options) for _ in range(options.turns)]
            ours = median(turn[0] for turn in turns)
            base = median(turn[2] for turn in turns)
            rows = turns[0][4]
            say_ratio(f"{kind} ({megabytes(file.stat().st_size)}, {rows:,} rows)", ours, base, goal="<= 2.00")
            print(f"{'':<46} {rows / ours:10,.0f} rows/s; peak {megabytes(max(turn[1] for turn in turns))} "
                  f"(goal < 1,500 MB), baseline {megabytes(max(turn[3] for turn in turns))}", flush=True)


if __name__ == "__main__":
    main()
