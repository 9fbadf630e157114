# SPDX-License-Identifier: Apache-2.0
"""What is exported keeps the rules of FOCUS: by our own rules, and by the FinOps Foundation's validator."""
import json
import unittest
import xml.etree.ElementTree

import focus_validator
from program import Story, shared

CONFORMANT = {
    "synthetic_focus_1_2_aws_3000_seed20261.csv.gz": "1.2",
    "synthetic_focus_1_3_azure_3000_seed20261.csv.gz": "1.3",
    "synthetic_focus_1_3_gcp_3000_seed20261.csv.gz": "1.3",
    "synthetic_focus_1_3_contract_commitment_azure_seed20261.csv": "1.3",
    "synthetic_focus_1_3_contract_commitment_gcp_seed20261.csv": "1.3",
}
# What the demo's providers do not say, as the real ones do not: null in an export, and in its gap report.
DEMO_GAPS = {
    # A marketplace product has a quantity without a unit; prices are in USD, but no effective cost is stated in it.
    "google": {"PricingUnit-C-006-C", "PricingCurrencyEffectiveCost-C-003-M"},
}
# AWS does not name commitments. Google's flexible ones are used in money and bought in units of their fee.
DEMO_COMMITMENT_GAPS = {"CU.CommitmentDiscountName.with_commitment", "CU.CommitmentDiscountUnit.one_per_commitment"}


class Conformance(Story):
    def failed_musts(self, *arguments):
        out, _ = self.run_outlay("conformance", *arguments, "--format", "json", expect=None)
        return {(report["dataset"], rule["id"]) for report in json.loads(out)["reports"]
                for rule in report["rules"] if rule["status"] == "failed" and rule["keyword"] == "MUST"}

    def test_files_that_are_meant_to_conform_keep_our_rules(self):
        for name, version in CONFORMANT.items():
            with self.subTest(file=name):
                self.assertEqual(self.failed_musts(shared("focus/" + name), "--version", version), set())
        folder = shared("focus/synthetic-1.4-azure")
        self.assertEqual(self.failed_musts(*sorted(folder.iterdir()), "--version", "1.4"), set())

    def test_a_file_that_breaks_rules_fails_with_file_and_row(self):
        file = shared("focus/focus_1_0_sample_1000.csv")
        out, _ = self.run_outlay("conformance", file, "--version", "1.0", "--format", "junit", expect=1)
        failed = {case.get("name"): case.find("failure").text
                  for case in xml.etree.ElementTree.fromstring(out).iter("testcase") if case.find("failure") is not None}
        self.assertIn("CU.ChargePeriodStart.format", failed)  # no T, no Z
        self.assertIn("CU.columns.prefix", failed)            # its column Id
        self.assertIn("focus_1_0_sample_1000.csv, row ", failed["CU.ContractedCost.not_null"])
        out, _ = self.run_outlay("conformance", file, "--version", "1.0", "--show-violations", "1", expect=1)
        self.assertIn("ContractedCost=null", out)

    def test_exports_of_files_that_conform_pass_the_official_validator(self):
        names = [name for name in CONFORMANT if "contract" not in name] + ["synthetic-1.4-azure/cost_and_usage.csv.gz"]
        for number, name in enumerate(names):
            source = f"s{number}"
            self.run_outlay("ingest", shared("focus/" + name), "--source", source)
            with self.subTest(file=name):
                self.assertEqual(self.official(source), set())

    def official(self, source):
        """The MUST rules that fail on a source's export of 1.2, but for false ones and the gaps that were told."""
        file = self.folder / f"{source}.parquet"
        report = self.json_of("export", "focus", "--version", "1.2", "--source", source, "--out", file)
        gaps = {gap["column"] for gap in report["gaps"]}
        return {rule for rule in focus_validator.failures(file) - set(focus_validator.FALSE_FAILURES)
                if rule.split("-")[0] not in gaps}

    def test_exports_of_the_demo_company_pass_the_official_validator(self):
        bills = self.folder / "bills"
        self.run_outlay("demo", "generate", "--out", bills, "--months", "1", "--rows", "2000", "--seed", "3")
        for provider in ("aws", "azure", "google", "saas"):
            self.run_outlay("ingest", bills / provider / ("cur2" if provider == "aws" else ""), "--source", provider)
            with self.subTest(provider=provider):
                self.assertEqual(self.official(provider) - DEMO_GAPS.get(provider, set()), set())
        # What our own rules find on top is what the bills do not say, never money that does not add up.
        failed = {rule for _, rule in self.failed_musts()}
        about_money = {rule for rule in failed if "commitment" in rule or "product" in rule}
        self.assertEqual(about_money - DEMO_COMMITMENT_GAPS, set())


if __name__ == "__main__":
    unittest.main()
