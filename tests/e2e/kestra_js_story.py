# SPDX-License-Identifier: Apache-2.0
"""Kestra's own JavaScript SDK works against `outlay up`."""
import json
import os
import shutil
import subprocess
import unittest

from program import OUTLAY, ROOT, Story, free_port, wait_for_url

JS = ROOT / "tests/e2e/js"


class KestraJsStory(Story):
    def test_a_flow_is_made_run_followed_and_read(self):
        if not (JS / "node_modules").is_dir() or shutil.which("node") is None:
            if os.environ.get("OUTLAY_REQUIRE_JS_SDK") == "true":
                self.fail("the SDK is not installed; run npm install in tests/e2e/js")
            self.skipTest("the SDK is not installed: npm install in tests/e2e/js")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        config = self.folder / "outlay.yaml"
        config.write_text("server:\n  users:\n    - {name: ada@example.com, password: Lovelace1}\n")
        server = subprocess.Popen(
            [OUTLAY, "up", "--port", str(port), "--data", str(self.data), "--config", str(config)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        wait_for_url(url + "/health", process=server)
        done = subprocess.run(
            ["node", str(JS / "sdk.mjs"), url, "ada@example.com", "Lovelace1"],
            capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["flow"], {"id": "from-js", "revision": 1})
        self.assertEqual((found["state"], found["answer"], found["total"]), ("SUCCESS", "42", 1))
        self.assertIn({"key": "team", "value": "web"}, found["labels"])
        self.assertIn("Hello from JavaScript", found["messages"])
        self.assertEqual((found["events"][0], found["events"][-1]), ("start", "end"))


if __name__ == "__main__":
    unittest.main()
