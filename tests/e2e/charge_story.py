# SPDX-License-Identifier: Apache-2.0
"""A bill becomes one view of spend: booked, tied out, queried, restated, traced, exported."""
import csv
import gzip
import hashlib
import pathlib
import shutil
import unittest
from decimal import Decimal

from program import Story, shared

CUR2 = "aws/constructed_cur2_commitments_2026-01.csv"


class Charge(Story):
    def total(self, metric, *more):
        rows = self.json_of("query", "--metric", metric, *more)
        return sum((Decimal(str(row[metric])) for row in rows), Decimal(0))

    def test_a_cur_with_every_line_type_books_to_the_last_digit(self):
        self.run_outlay("ingest", shared(CUR2), "--source", "aws")
        self.assertEqual(self.total("BilledCost"), Decimal("177.7044"))
        self.assertEqual(self.total("EffectiveCost"), Decimal("90.5844"))
        unused = self.total("EffectiveCost", "--where", "CommitmentDiscountStatus = 'Unused'")
        self.assertEqual(unused, Decimal("4.92"))

    def test_a_focus_sample_books_to_the_last_digit(self):
        self.run_outlay("ingest", shared("focus/focus_1_0_sample_1000.csv"))
        self.assertEqual(self.total("BilledCost"), Decimal("20.52022672899"))
        self.assertEqual(self.total("EffectiveCost"), Decimal("14.97651418586"))

    def test_every_file_of_the_shared_focus_and_aws_data_books(self):
        files = [*shared("focus").rglob("*.csv"), *shared("focus").rglob("*.csv.gz")]
        files += [*shared("aws").glob("*.csv"), *shared("aws").glob("*.csv.gz")]
        for file in sorted(files):
            with self.subTest(file=file.name):
                out, _ = self.run_outlay("ingest", file, "--json")
                self.assertIn(file.name, out)
        self.run_outlay("ingest", shared("aws/cur-bucket"))

    def test_the_same_delivery_twice_changes_nothing(self):
        self.run_outlay("ingest", shared(CUR2), "--source", "aws")
        out, _ = self.run_outlay("ingest", shared(CUR2), "--source", "aws")
        self.assertIn("Already booked", out)
        self.assertEqual(self.total("BilledCost"), Decimal("177.7044"))

    def test_a_restated_month_replaces_the_old_one_and_says_what_changed(self):
        first = self.folder / "bill.csv"
        shutil.copy(shared(CUR2), first)
        self.run_outlay("ingest", first, "--source", "aws")
        rows = list(csv.reader(first.open()))
        credit = next(row for row in rows if "Credit" in row)
        rows.append(credit)
        with first.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        out, _ = self.run_outlay("ingest", first, "--source", "aws")
        self.assertIn("-5", out)
        self.assertEqual(self.total("BilledCost"), Decimal("172.7044"))
        changed, _ = self.run_outlay("diff", "--source", "aws", "--period", "2026-01")
        self.assertIn("-5", changed)

    def test_a_number_leads_back_to_file_hash_and_row(self):
        bill = shared(CUR2)
        self.run_outlay("ingest", bill, "--source", "aws")
        lines = self.json_of("trace", "--where", "ChargeCategory = 'Tax'")
        line = lines[0] if isinstance(lines, list) else lines["lines"][0]
        self.assertEqual(line["sha256"], hashlib.sha256(bill.read_bytes()).hexdigest())
        raw = list(csv.DictReader(bill.open()))[int(line["row"]) - 1]
        self.assertEqual(raw["line_item_line_item_type"], "Tax")

    def test_gzip_and_many_files_give_the_same_totals(self):
        rows = list(csv.reader(shared(CUR2).open()))
        parts = self.folder / "parts"
        parts.mkdir()
        for number in range(7):
            with gzip.open(parts / f"part-{number}.csv.gz", "wt", newline="") as file:
                csv.writer(file).writerows([rows[0], *rows[1 + number::7]])
        self.run_outlay("ingest", parts, "--source", "aws")
        self.assertEqual(self.total("BilledCost"), Decimal("177.7044"))
        self.assertEqual(self.total("EffectiveCost"), Decimal("90.5844"))

    def test_exports_hold_the_same_money_in_every_version(self):
        self.run_outlay("ingest", shared(CUR2), "--source", "aws")
        for version in ("1.0", "1.2", "1.3", "1.4"):
            out = self.folder / f"focus-{version}.csv"
            self.run_outlay("export", "focus", "--version", version, "--period", "2026-01", "--out", out)
            with out.open(newline="") as file:
                total = sum(Decimal(row["BilledCost"]) for row in csv.DictReader(file))
            self.assertEqual(total, Decimal("177.7044"), version)
            again = pathlib.Path(self.folder / f"again-{version}")
            self.run_outlay("ingest", out, "--data", again)
            rows = self.json_of("query", "--metric", "BilledCost", "--data", again)
            self.assertEqual(sum(Decimal(str(row["BilledCost"])) for row in rows), Decimal("177.7044"))

    def test_sql_reads_the_focus_view_and_nothing_else(self):
        self.run_outlay("ingest", shared(CUR2), "--source", "aws")
        out, _ = self.run_outlay("sql", "SELECT sum(BilledCost) AS b FROM focus", "--format", "csv")
        self.assertEqual(Decimal(out.split()[1]), Decimal("177.7044"))
        self.run_outlay("sql", "SELECT * FROM read_csv('/etc/passwd')", expect=2)
        self.run_outlay("sql", "COPY focus TO '/tmp/x.csv'", expect=2)

    def test_two_currencies_are_never_added(self):
        bill = self.folder / "bill.csv"
        rows = list(csv.DictReader(shared("focus/focus_1_0_sample_1000.csv").open()))
        rows[0]["BillingCurrency"] = "EUR"
        with bill.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        self.run_outlay("ingest", bill)
        _, err = self.run_outlay("query", "--metric", "BilledCost", expect=2)
        self.assertIn("EUR", err)
        self.assertIn("USD", err)
        self.assertIn("BillingCurrency", err)
        self.run_outlay("query", "--metric", "BilledCost", "--by", "BillingCurrency")


if __name__ == "__main__":
    unittest.main()
