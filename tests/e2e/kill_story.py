# SPDX-License-Identifier: Apache-2.0
"""Kills the program in the middle of a booking: the ledger holds the old state or the new one, nothing between."""
import os
import random
import signal
import subprocess
import time
import unittest
from decimal import Decimal

from program import OUTLAY, Story

HEADER = "BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ServiceName,BilledCost," \
         "EffectiveCost,ListCost,ContractedCost,BillingCurrency,ChargeCategory,InvoiceId\n"
ROWS = 20_000


def bill(price):
    month = "2026-01-01T00:00:00Z,2026-02-01T00:00:00Z"
    lines = (f"{month},2026-01-{day:02}T00:00:00Z,2026-01-{day + 1:02}T00:00:00Z,Service {row % 50},{price},{price},"
             f"{price},{price},USD,Usage,INV-1\n" for row in range(ROWS) for day in [row % 28 + 1])
    return HEADER + "".join(lines)


class Kill(Story):
    def total(self):
        rows = self.json_of("sql", "SELECT sum(BilledCost) AS cost FROM focus")
        return None if rows[0]["cost"] is None else Decimal(str(rows[0]["cost"]))

    def files(self):
        return sorted(path for path in (self.data / "ledger").rglob("*.parquet"))

    def killed(self, path, seconds):
        """Starts a booking and kills its whole group after so long; whether it was still at work."""
        process = subprocess.Popen(
            [OUTLAY, "ingest", str(path), "--source", "bill"], env={**os.environ, "OUTLAY_DATA": str(self.data)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(seconds)
        was_running = process.poll() is None
        if was_running:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return was_running

    def test_a_booking_killed_anywhere_leaves_the_old_state_or_the_new_one(self):
        old, new = self.folder / "old.csv", self.folder / "new.csv"
        old.write_text(bill("0.01"))
        new.write_text(bill("0.02"))
        self.run_outlay("ingest", old, "--source", "bill")
        before, after = Decimal("200"), Decimal("400")
        self.assertEqual(self.total(), before)
        begun = time.monotonic()
        self.run_outlay("ingest", new, "--source", "bill")
        whole = time.monotonic() - begun
        self.assertEqual(self.total(), after)
        moments = random.Random(7)
        for _ in range(int(os.environ.get("OUTLAY_KILLS", "5"))):
            path, other = (old, after) if self.total() == after else (new, before)
            target = before if path == old else after
            self.killed(path, moments.uniform(0.05, whole))
            self.assertIn(self.total(), (target, other))
            self.run_outlay("ingest", path, "--source", "bill")
            self.assertEqual(self.total(), target)
        listed = self.json_of("generations", "--source", "bill")
        generations = listed["generations"] if isinstance(listed, dict) else listed
        self.assertEqual(len(self.files()), 2 * len(generations), "a file that no generation knows was left")


if __name__ == "__main__":
    unittest.main()
