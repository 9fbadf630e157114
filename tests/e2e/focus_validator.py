# SPDX-License-Identifier: Apache-2.0
"""The FinOps Foundation's own validator as a judge of exports, in a virtual environment below .deps."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from program import ROOT

REQUIREMENTS = pathlib.Path(__file__).with_name("focus_validator_requirements.txt")
HOME = ROOT / ".deps" / "focus-validator"

# MUST rules that fail on correct data, with the reason. Taken away from what the validator says.
FALSE_FAILURES = {
    "BillingAccountName-C-003-C": "holds where the provider has names; the condition is not evaluated",
    "BilledCost-C-005-C": "compares ProviderName with InvoiceIssuerName letter by letter: AWS is not its own invoice's name",
    "CapacityReservationStatus-C-003-C": "contradicts -004",
    "CapacityReservationStatus-C-004-C": "contradicts -003",
    "CommitmentDiscountStatus-C-003-C": "contradicts -004",
    "CommitmentDiscountStatus-C-004-C": "contradicts -003: fails on every row without a commitment",
    "CommitmentDiscountQuantity-C-007-C": "forbids on a Correction what -006 allows there",
    "EffectiveCost-C-005-C": "meant for purchases that cover later charges; the rule looks at every Purchase",
    "InvoiceId-C-004-C": "one of two alternatives",
    "InvoiceId-C-005-C": "one of two alternatives",
    "ResourceType-C-005-C": "the condition is not evaluated",
}


def python():
    """A Python of 3.12 or newer: in PATH or of pyenv; None when there is none."""
    for name in ("python3.14", "python3.13", "python3.12"):
        found = shutil.which(name)
        # pyenv has a stand-in for each version that only works when the version is switched on
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            return found
    versions = pathlib.Path.home() / ".pyenv" / "versions"
    fit = [path for path in versions.glob("3.*") if re.match(r"3\.1[2-9]\.", path.name)]
    for path in sorted(fit, key=lambda path: [int(part) for part in path.name.split(".") if part.isdigit()]):
        if (path / "bin" / "python3").exists():
            return str(path / "bin" / "python3")
    return None


def installed():
    """The validator's site-packages; skips where it cannot be had, fails in CI when an install does not work."""
    stamp = HOME / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != REQUIREMENTS.read_text():
        interpreter = python()
        if interpreter is None:
            raise unittest.SkipTest("the FOCUS validator needs Python 3.12 or newer, which is not here")
        shutil.rmtree(HOME, ignore_errors=True)
        for command in ([interpreter, "-m", "venv", HOME],
                        [HOME / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "-r", REQUIREMENTS]):
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
            if done.returncode != 0:
                message = f"the FOCUS validator could not be installed: {done.stderr[-500:]}"
                if os.environ.get("CI") == "true":
                    raise AssertionError(message)
                raise unittest.SkipTest(message)
        stamp.write_text(REQUIREMENTS.read_text())
    return next((HOME / "lib").glob("python3.*")) / "site-packages"


def failures(file, version="1.2"):
    """The MUST rules that fail, composites left out: they fail with what they are made of."""
    packages = installed()
    answer = pathlib.Path(f"{file}.xml")
    # The validator reads its list of currencies relative to the folder it is started in.
    done = subprocess.run(
        [str(HOME / "bin" / "focus-validator"), "--data-file", str(file), "--validate-version", version,
         "--focus-dataset", "CostAndUsage", "--applicability-criteria", "ALL", "--block-download",
         "--output-type", "unittest", "--output-destination", str(answer)],
        cwd=packages, capture_output=True, text=True, timeout=600)
    if not answer.exists():
        raise AssertionError(f"the validator gave no answer\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    model = json.loads(next((packages / "focus_validator" / "rules").glob(f"model-{version}.*.json")).read_text())
    rules = model.get("ModelRules") or model["ConformanceRules"]
    found = set()
    for case in xml.etree.ElementTree.parse(answer).getroot().iter("testcase"):
        rule, kind = case.get("name").split(" :: ")
        must = rules[rule]["ValidationCriteria"]["Keyword"] in ("MUST", "MUST NOT")
        if case.find("failure") is not None and kind != "Composite" and must:
            found.add(rule)
    return found
