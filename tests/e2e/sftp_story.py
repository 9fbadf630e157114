# SPDX-License-Identifier: Apache-2.0
"""Flows put files on a real SSH server, take them from it and run commands there."""
import getpass
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import unittest

from program import Story, free_port

FILES = """
id: files
namespace: company.finops
variables:
  key: |
{key}
pluginDefaults:
  - type: io.kestra.plugin.fs.sftp
    values: {{host: 127.0.0.1, port: {port}, username: {user}, keyfile: "{{{{ vars.key }}}}", rootDir: false}}
tasks:
  - id: made
    type: io.kestra.plugin.core.storage.Write
    content: "team,cost"
  - id: upload
    type: io.kestra.plugin.fs.sftp.Upload
    from: "{{{{ outputs.made.uri }}}}"
    to: "{folder}/new folder/May ü.csv"
  - id: uploads
    type: io.kestra.plugin.fs.sftp.Uploads
    from: {{"a.csv": "{{{{ outputs.made.uri }}}}"}}
    to: "{folder}/new folder"
  - id: list
    type: io.kestra.plugin.fs.sftp.List
    from: "{folder}"
    recursive: true
  - id: move
    type: io.kestra.plugin.fs.sftp.Move
    from: "{folder}/new folder/a.csv"
    to: "{folder}/b.csv"
  - id: download
    type: io.kestra.plugin.fs.sftp.Download
    from: "{folder}/b.csv"
  - id: downloads
    type: io.kestra.plugin.fs.sftp.Downloads
    from: "{folder}/new folder"
    regExp: ".*csv"
    action: DELETE
  - id: gone
    type: io.kestra.plugin.fs.sftp.Delete
    uri: "{folder}/not there"
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.list.files | jq('[.[].name] | sort') | first | toJson }}}} {{{{ read(outputs.download.to) }}}} {{{{ outputs.downloads.files | length }}}} {{{{ outputs.gone.deleted }}}}"
"""

COMMANDS = """
id: commands
namespace: company.finops
variables:
  key: |
{key}
tasks:
  - id: run
    type: io.kestra.plugin.fs.ssh.Command
    host: 127.0.0.1
    port: {port}
    username: {user}
    privateKey: "{{{{ vars.key }}}}"
    env: {{TEAM: "it's web"}}
    commands:
      - echo "for $TEAM"
      - echo '::{{"outputs":{{"cost":12}}}}::'
      - {last}
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.run.vars.cost }}}} {{{{ outputs.run.exitCode }}}}"
"""


class Sftp(Story):
    def setUp(self):
        super().setUp()
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        if not os.path.exists(sshd):
            if os.environ.get("CI") == "true":
                self.fail("CI needs the package openssh-server")
            self.skipTest("no sshd here; install the package openssh-server")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.port = free_port()
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        (self.folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/user.pub\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n", encoding="utf-8")
        server = subprocess.Popen(
            [sshd, "-D", "-e", "-f", self.folder / "config"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.05)
        key = (self.folder / "user").read_text(encoding="utf-8")
        self.key = "".join(f"    {line}\n" for line in key.splitlines())

    def run_flow(self, text, expect=0, **parts):
        path = self.folder / "flow.yaml"
        path.write_text(
            text.format(key=self.key, port=self.port, user=getpass.getuser(), **parts), encoding="utf-8")
        out, err = self.run_outlay("flow", "run", str(path), "--json", "--logs", expect=expect)
        return json.loads(out), err

    def test_files_go_there_and_come_back(self):
        far = self.folder / "far"
        far.mkdir()
        execution, _ = self.run_flow(FILES, folder=far)
        self.assertEqual(
            execution["taskRunList"][-1]["outputs"]["value"],
            '["May ü.csv","a.csv","new folder"] team,cost 1 false')
        self.assertEqual(sorted(path.name for path in far.rglob("*")), ["b.csv", "new folder"])

    def test_commands_run_there_with_their_variables_and_outputs(self):
        execution, _ = self.run_flow(COMMANDS, last="true")
        self.assertEqual(execution["taskRunList"][-1]["outputs"]["value"], "12 0")
        self.assertIn("for it's web", json.dumps(execution))
        execution, err = self.run_flow(COMMANDS, expect=1, last="exit 3")
        self.assertIn("ended with status 3", err + json.dumps(execution))


if __name__ == "__main__":
    unittest.main()
