# SPDX-License-Identifier: Apache-2.0
"""The pages work in a browser on a company's bills of four months, and their parts pass their own tests."""
import os
import re
import shutil
import subprocess
import unittest

from program import OUTLAY, ROOT, Story, free_port, wait_for_url

WEB = ROOT / "web"
BROWSERS = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]


def missing(what, remedy):
    """What keeps the pages from being tested: fails in CI, skips elsewhere."""
    if os.environ.get("CI") == "true":
        raise AssertionError(f"{what}; {remedy}")
    raise unittest.SkipTest(f"{what}; {remedy}")


class Pages(Story):
    def require_web(self):
        if not (WEB / "node_modules").is_dir() or shutil.which("node") is None:
            missing("the web packages are not installed", "run tools/setup test")

    def require_browser(self):
        if not any(name and shutil.which(name) for name in BROWSERS):
            missing("there is no Chromium", "install chromium, or name one in CHROMIUM")

    def book_demo_bills(self):
        bills = self.folder / "bills"
        self.run_outlay("demo", "generate", "--months", "4", "--scale", "0.02", "--seed", "1", "--out", bills)
        self.run_outlay("ingest", "--source", "aws", bills / "aws" / "cur2")
        for folder in sorted(bills.glob("saas")):
            self.run_outlay("ingest", folder)

    def start(self):
        """The address with its one-time token."""
        port = free_port()
        log = open(self.folder / "server.log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        server = subprocess.Popen(
            [OUTLAY, "up", "--port", str(port), "--data", str(self.data), "--flows", str(ROOT / "examples/flows")],
            stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        told = server.stdout.readline()
        wait_for_url(f"http://127.0.0.1:{port}/health", process=server)
        address = re.search(r"http://\S+", told)
        self.assertIsNotNone(address, f"no address in {told!r}")
        return address.group()

    def test_the_parts_of_the_pages_pass_their_tests(self):
        self.require_web()
        done = subprocess.run(
            ["npm", "--prefix", str(WEB), "test", "--silent"], capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_person_finds_through_all_pages(self):
        self.require_web()
        self.require_browser()
        if not (WEB / "dist" / "index.html").exists():
            missing("the program was built without its pages", "run tools/build_web and configure again")
        self.book_demo_bills()
        url = self.start()
        done = subprocess.run(
            ["node", str(WEB / "e2e/run.mjs"), url, str(self.folder / "pictures")],
            capture_output=True, text=True, timeout=1500)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
