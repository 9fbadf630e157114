# SPDX-License-Identifier: Apache-2.0
"""Bills are fetched from a real SSH server and read out of a real PostgreSQL server, both on the loopback."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time
import unittest

from program import Story, free_port, shared

CUR2 = "aws/constructed_cur2_commitments_2026-01.csv"


def wait_for_port(port, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers on port {port}")


class Servers(Story):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "outlay.yaml"

    def sync(self, expect=0):
        return self.json_of("source", "sync", expect=expect)

    def states(self, answer):
        return {one["state"] for one in answer[0]["deliveries"]}

    def total(self, what="focus"):
        return self.json_of("sql", f"SELECT sum(BilledCost) AS s FROM {what}")[0]["s"]


class SshStory(Servers):
    """A folder of bills behind sshd."""

    def setUp(self):
        super().setUp()
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        if not os.path.exists(sshd) or os.geteuid() != 0:
            self.skipTest("needs sshd (openssh-server) and root, as which it runs on the loopback")
        os.makedirs("/run/sshd", exist_ok=True)
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        self.port = free_port()
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host\nUsePAM no\nStrictModes no\n"
            f"PermitRootLogin prohibit-password\nAuthorizedKeysFile {self.folder}/user.pub\n"
            f"PidFile {self.folder}/sshd.pid\nSubsystem sftp internal-sftp\n")
        self.bills = self.folder / "bills"
        self.bills.mkdir()
        server = subprocess.Popen(
            [sshd, "-D", "-f", self.folder / "sshd_config"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        wait_for_port(self.port, server)
        host_key = (self.folder / "host.pub").read_text().split()[:2]
        self.known = self.folder / "known_hosts"
        self.known.write_text(f"[127.0.0.1]:{self.port} {' '.join(host_key)}\n")
        user = pwd.getpwuid(0).pw_name
        self.url = f"sftp://{user}@127.0.0.1:{self.port}{self.bills}"

    def add(self, *more):
        self.run_outlay("source", "add", "ssh", self.url, *more)

    def key(self):
        return ("--set", f"private_key_file={self.folder}/user", "--set", f"known_hosts={self.known}")

    def test_new_files_of_a_folder_are_booked_once(self):
        (self.bills / "2026 01").mkdir()
        shutil.copy(shared(CUR2), self.bills / "2026 01" / "a bill.csv")
        self.add(*self.key())
        self.assertEqual(self.states(self.sync()), {"booked"})
        self.assertEqual(float(self.total()), 177.7044)
        again = self.sync()
        self.assertEqual(again[0]["filesFetched"], 0)
        out, _ = self.run_outlay("source", "test", "ssh")
        self.assertIn("with key", out)

    def test_what_is_wrong_with_the_access_is_said(self):
        shutil.copy(shared(CUR2), self.bills / "bill.csv")
        self.known.write_text("")
        self.add(*self.key())
        out, error = self.run_outlay("source", "test", "ssh", expect=1)
        self.assertIn("host key", out + error)
        self.run_outlay("source", "remove", "ssh")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "other"], check=True)
        host_key = subprocess.run(
            ["ssh-keygen", "-lf", self.folder / "host.pub"], check=True, capture_output=True, text=True).stdout.split()[1]
        self.add("--set", f"private_key_file={self.folder}/other", "--set", f"host_key={host_key}")
        out, error = self.run_outlay("source", "test", "ssh", expect=1)
        self.assertIn("does not let", out + error)


class PostgresStory(Servers):
    """Tables that CloudQuery landed in PostgreSQL."""

    def setUp(self):
        super().setUp()
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not found:
            self.skipTest("needs PostgreSQL's server (postgresql)")
        self.bin = found[-1].parent
        as_root = os.geteuid() == 0
        # The server does not run as root.
        self.user = {"user": "postgres"} if as_root else {}
        base = self.folder / "pg"
        base.mkdir()
        if as_root:
            os.chmod(self.folder, 0o755)
            shutil.chown(base, "postgres")
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": base}
        subprocess.run(
            [self.bin / "initdb", "-D", base / "data", "-U", "bills", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, **quiet, **self.user)
        self.port = free_port()
        server = subprocess.Popen(
            [self.bin / "postgres", "-D", base / "data", "-p", str(self.port), "-k", base, "-h", "127.0.0.1", "-F"],
            **quiet, **self.user)
        self.addCleanup(server.wait)
        self.addCleanup(server.send_signal, signal.SIGINT)
        wait_for_port(self.port, server)
        self.url = f"postgresql://bills@127.0.0.1:{self.port}/postgres"
        deadline = time.monotonic() + 60
        while subprocess.run([self.bin / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)], **quiet).returncode:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def psql(self, sql):
        subprocess.run([self.bin / "psql", "-q", "-v", "ON_ERROR_STOP=1", self.url, "-c", sql], check=True)

    def test_bills_and_assets_are_read_and_a_new_sync_replaces_the_day(self):
        self.psql(
            "CREATE TABLE aws_costexplorer_cost_30d (_cq_id uuid, _cq_sync_time timestamp, account_id text, start_date text,"
            " end_date text, estimated bool, groups jsonb, total jsonb);"
            "INSERT INTO aws_costexplorer_cost_30d VALUES (gen_random_uuid(), '2026-01-20', '111122223333', '2026-01-05',"
            " '2026-01-06', true, '[{\"Keys\": [\"Amazon EC2, \\\"x\\\"\"], \"Metrics\": {\"UnblendedCost\": {\"Amount\": \"1.25\","
            " \"Unit\": \"USD\"}}}]', '{}');"
            "CREATE TABLE aws_ec2_instances (_cq_id uuid, _cq_sync_time timestamp, account_id text, region text, arn text,"
            " instance_id text, state jsonb, tags jsonb);"
            "INSERT INTO aws_ec2_instances VALUES (gen_random_uuid(), '2026-01-20', '111122223333', 'eu-west-1',"
            " 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc12345', 'i-0abc12345', '{\"Name\": \"running\"}',"
            " '{\"owner\": \"ann\"}');"
            "CREATE TABLE other (x int)")
        self.run_outlay("source", "add", "pg", self.url, "--set", "deliveries=all")
        self.assertEqual(self.states(self.sync()), {"booked"})
        self.assertEqual(float(self.total()), 1.25)
        owner = self.json_of("sql", "SELECT ResourceId, Owner, State FROM resources")
        self.assertEqual([owner[0]["Owner"], owner[0]["State"]], ["ann", "running"])
        self.assertEqual(self.sync()[0]["filesFetched"], 0)
        self.psql(
            "UPDATE aws_costexplorer_cost_30d SET _cq_sync_time = '2026-01-21',"
            " groups = replace(groups::text, '1.25', '2.5')::jsonb")
        self.sync()
        self.assertEqual(float(self.total()), 2.5)
        out, _ = self.run_outlay("source", "test", "pg")
        self.assertIn("user bills", out)

    def test_a_wrong_database_is_said(self):
        self.run_outlay("source", "add", "pg", self.url.replace("/postgres", "/nothing"))
        out, error = self.run_outlay("source", "test", "pg", expect=1)
        self.assertIn("nothing", out + error)


if __name__ == "__main__":
    unittest.main()
