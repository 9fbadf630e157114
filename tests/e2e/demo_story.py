# SPDX-License-Identifier: Apache-2.0
"""The demo company's bills, in its providers' own formats: what was planted in them is what the ledger answers."""
import json
import unittest
from decimal import Decimal

from program import Story

MONTHS = "2"


class Demo(Story):
    def setUp(self):
        super().setUp()
        self.bills = self.folder / "bills"
        self.run_outlay("demo", "generate", "--out", self.bills, "--months", MONTHS, "--rows", "6000", "--seed", "3")
        self.truth = json.loads((self.bills / "truth.json").read_text(), parse_float=Decimal, parse_int=Decimal)

    def ingest(self, provider, folder="."):
        path = self.bills / folder / provider
        if provider == "aws":
            path = path / "cur2"
        receipt = self.json_of("ingest", path, "--source", provider)
        for one in receipt if isinstance(receipt, list) else [receipt]:
            self.assertEqual(one["quarantined"], [], one["label"])

    def booked(self, provider, cost):
        rows = self.json_of(
            "sql", f"SELECT x_Period AS period, BillingCurrency, sum({cost}) AS cost FROM focus "
                   f"WHERE x_Source = '{provider}' GROUP BY ALL")
        return {(row["period"], row["BillingCurrency"]): Decimal(str(row["cost"])) for row in rows
                if row["cost"] is not None}

    def planted(self, provider, cost, restated=False):
        """What truth.json says per (period, currency); a restated month replaces the first statement of it."""
        sums = {}
        for total in self.truth["totals"]:
            if total["provider"] == provider and total[cost] is not None and (restated or not total["restated"]):
                sums[total["period"], total["currency"]] = total[cost]
        return sums

    def check_costs(self, provider, restated=False, costs=("billed", "effective")):
        names = {"billed": "BilledCost", "effective": "EffectiveCost"}
        for cost in costs:
            with self.subTest(provider=provider, cost=cost, restated=restated):
                self.assertEqual(self.booked(provider, names[cost]), self.planted(provider, cost, restated))

    def test_every_provider_adds_up_to_what_was_planted(self):
        for provider in ("aws", "azure", "google", "saas"):
            self.ingest(provider)
        for provider in ("aws", "azure", "google", "saas"):
            self.check_costs(provider)

    def test_invoices_tie(self):
        self.ingest("aws")
        expected = {invoice["invoice"]: str(invoice["billed"]) for invoice in self.truth["invoices"]
                    if invoice["provider"] == "aws" and not invoice["restated"]}
        answer = self.json_of("reconcile", "--expected", json.dumps(expected))
        self.assertEqual({row["Status"] for row in answer if row["InvoiceId"] in expected}, {"matches"})

    def test_a_restated_month_changes_by_what_was_planted(self):
        self.ingest("aws")
        self.ingest("aws", "restated")
        self.check_costs("aws", restated=True)
        planted = next(one for one in self.truth["planted"]["restatements"] if one["provider"] == "aws")
        changes = self.json_of("diff", "--source", "aws", "--period", planted["period"], "--by", "Cause")
        self.assertEqual(sum(Decimal(str(row["BilledCostChange"])) for row in changes), planted["billed_difference"])
        self.assertLessEqual({"late usage", "credit or refund"}, {row["Cause"] for row in changes})


if __name__ == "__main__":
    unittest.main()
