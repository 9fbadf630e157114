# SPDX-License-Identifier: Apache-2.0
"""Bad input gives a clear error, and nothing that was booked is lost."""
import gzip
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import unittest

from program import OUTLAY, Story, shared

CUR2 = "aws/constructed_cur2_commitments_2026-01.csv"


class BadInput(Story):
    def refused(self, path, *words, arguments=()):
        _, err = self.run_outlay("ingest", path, "--source", "s", *arguments, expect=2)
        for word in words:
            self.assertIn(word.lower(), err.lower())
        self.assertEqual(self.json_of("query", "--metric", "BilledCost", "--by", "BillingCurrency"), [])
        return err

    def test_a_truncated_gzip_is_refused(self):
        bill = self.folder / "bill.csv.gz"
        whole = gzip.compress(shared(CUR2).read_bytes())
        bill.write_bytes(whole[: len(whole) // 2])
        self.refused(bill, "bill.csv.gz", "truncated")

    def test_a_parquet_file_cut_in_half_is_refused(self):
        self.run_outlay("ingest", shared(CUR2), "--data", self.folder / "other")
        out = self.folder / "whole.parquet"
        self.run_outlay("export", "focus", "--version", "1.2", "--out", out, "--data", self.folder / "other")
        bill = self.folder / "half.parquet"
        bill.write_bytes(out.read_bytes()[: out.stat().st_size // 2])
        self.refused(bill, "half.parquet")

    def test_a_wrong_encoding_names_the_file(self):
        bill = self.folder / "latin.csv"
        text = shared("focus/focus_1_0_sample_1000.csv").read_text().replace("Atlas Nimbus", "Göteborg")
        bill.write_bytes(text.encode("latin-1"))
        self.refused(bill, "latin.csv", "utf-8")

    def test_a_missing_money_column_is_named(self):
        bill = self.folder / "bill.csv"
        text = shared("focus/focus_1_0_sample_1000.csv").read_text()
        bill.write_text(text.replace('"BilledCost"', '"Kosten"', 1))
        self.refused(bill, "BilledCost")

    def test_a_manifest_that_names_an_absent_file(self):
        bucket = self.folder / "bucket"
        shutil.copytree(shared("aws/cur-bucket"), bucket)
        next(bucket.rglob("*.csv.gz")).unlink()
        self.refused(bucket, "koku-local-1.csv.gz")

    def test_rows_that_cannot_be_booked_go_to_quarantine_and_are_counted(self):
        bill = self.folder / "bill.csv"
        text = shared("focus/focus_1_0_sample_1000.csv").read_text()
        bill.write_text(text.replace("0.00000080000,", "eighty cents,", 1))
        out, _ = self.run_outlay("ingest", bill, "--json")
        receipt = json.loads(out)
        receipt = receipt[0] if isinstance(receipt, list) else receipt
        self.assertEqual(sum(q["rows"] for q in receipt["quarantined"]), 1)
        self.assertEqual(receipt["rows_booked"], 999)

    def test_a_data_folder_that_cannot_be_written(self):
        blocked = self.folder / "file"
        blocked.write_text("no folder")
        _, err = self.run_outlay("ingest", shared(CUR2), "--data", blocked / "data", expect=None)
        self.assertIn(str(blocked), err)

    def test_a_state_file_from_a_newer_version(self):
        self.run_outlay("ingest", shared(CUR2), "--source", "aws")
        state = next(path for path in self.data.rglob("*") if path.is_file() and path.suffix in (".db", ".sqlite"))
        with sqlite3.connect(state) as db:
            db.execute("UPDATE schema_versions SET version = version + 1000")
        _, err = self.run_outlay("query", "--metric", "BilledCost", expect=2)
        self.assertIn("newer", err)

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            _, err = self.run_outlay("up", "--port", port, expect=None)
        self.assertIn(str(port), err)
        self.assertIn("in use", err)

    def test_a_full_disk_leaves_the_books_as_they_were(self):
        self.run_outlay("ingest", shared(CUR2), "--source", "aws")
        big = self.folder / "big.csv"
        text = shared("focus/focus_1_0_sample_1000.csv").read_text().splitlines(keepends=True)
        big.write_text("".join([text[0], *text[1:] * 60]))
        command = f"ulimit -f 40; exec {OUTLAY} ingest {big} --source big"
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True,
            env={**os.environ, "OUTLAY_DATA": str(self.data)}, timeout=300)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotEqual(done.stderr, "")
        rows = self.json_of("query", "--metric", "BilledCost")
        self.assertEqual(str(rows[0]["BilledCost"]), "177.7044")
        self.run_outlay("ingest", big, "--source", "big")

    def test_a_flow_with_several_mistakes_tells_all_of_them_with_their_lines(self):
        flow = self.folder / "flow.yaml"
        flow.write_text(
            "id: bad\nnamespace: a.b\ntasks:\n"
            "  - id: one\n    type: io.kestra.plugin.core.log.Lag\n    message: hi\n"
            "  - id: one\n    type: io.kestra.plugin.core.log.Log\n    message: hi\n"
            "triggers:\n  - id: never\n    type: io.kestra.plugin.core.trigger.Schedule\n    cron: \"0 0 31 2 *\"\n")
        out, err = self.run_outlay("flow", "validate", flow, expect=2)
        told = out + err
        self.assertIn("flow.yaml:5", told)
        self.assertIn("io.kestra.plugin.core.log.Log", told)
        self.assertIn("flow.yaml:7", told)
        self.assertIn("flow.yaml:13", told)

    def test_an_unknown_setting_names_the_nearest_one(self):
        config = self.folder / "outlay.yaml"
        config.write_text("server:\n  prot: 9000\n")
        _, err = self.run_outlay("config", "show", "--config", config, expect=2)
        self.assertIn("outlay.yaml:2", err)
        self.assertIn("port", err)

    def test_an_unknown_command_names_the_nearest_one(self):
        _, err = self.run_outlay("ingets", expect=2)
        self.assertIn("ingest", err)


if __name__ == "__main__":
    unittest.main()
