# SPDX-License-Identifier: Apache-2.0
"""Runs the built program for the stories: OUTLAY names it, every story gets a data folder of its own."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTLAY = os.environ.get("OUTLAY", str(ROOT / "build/release/outlay"))
SHARED = pathlib.Path(os.environ.get("OUTLAY_SHARED", ROOT.parent / "shared"))


def shared(name):
    """A path below the shared data folder; skips the test where there is none, fails in CI."""
    path = SHARED / "data" / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            raise AssertionError(f"{path} is missing; CI needs OUTLAY_SHARED")
        raise unittest.SkipTest(f"{path} is not here; set OUTLAY_SHARED")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_url(url, seconds=60, process=None):
    """Polls until the URL answers; gives up when the process behind it ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {seconds} s")


class Story(unittest.TestCase):
    """A test with a scratch folder and a data folder."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="outlay-story-"))
        self.data = self.folder / "data"
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_outlay(self, *arguments, env=None, expect=0, input_text=None):
        """Runs one command on the story's data folder; answers (stdout, stderr)."""
        command = [OUTLAY, *map(str, arguments)]
        environment = {**os.environ, "OUTLAY_DATA": str(self.data), **(env or {})}
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, input=input_text, timeout=600)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout, done.stderr

    def json_of(self, *arguments, **more):
        return json.loads(self.run_outlay(*arguments, "--json", **more)[0], parse_float=str)
