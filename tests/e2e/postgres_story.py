# SPDX-License-Identifier: Apache-2.0
"""Flows read and write a real PostgreSQL server, all statements of a task or none."""
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import unittest

from program import Story, free_port


def server_programs():
    """The folder of initdb and postgres, or a skipped test where there is none."""
    found = shutil.which("postgres")
    if found:
        return pathlib.Path(found).parent
    for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    if os.environ.get("CI") == "true":
        raise AssertionError("CI needs the package postgresql")
    raise unittest.SkipTest("no PostgreSQL here; install the package postgresql")


class Server:
    """A PostgreSQL server in a scratch folder; it refuses to run as root, so another user does."""

    def __init__(self, case):
        self.bin = server_programs()
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="outlay-postgres-"))
        case.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.user = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres" if "postgres" in [p.pw_name for p in pwd.getpwall()] else "nobody")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        secret = self.folder / "password"
        secret.write_text("s3cret's", encoding="utf-8")
        secret.chmod(0o644)
        self.run("initdb", "-D", self.folder / "db", "-U", "finops", "-A", "scram-sha-256",
                 f"--pwfile={secret}", "-E", "UTF8", "--no-sync")
        self.run("pg_ctl", "-D", self.folder / "db", "-w", "-l", self.folder / "log", "-o",
                 f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off", "start")
        case.addCleanup(self.run, "pg_ctl", "-D", self.folder / "db", "-m", "immediate", "stop")

    def run(self, program, *arguments):
        subprocess.run(
            [self.bin / program, *map(str, arguments)], check=True, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.user)


CONNECTION = """
    url: jdbc:postgresql://127.0.0.1:{port}/postgres?prepareThreshold=0
    username: finops
    password: "s3cret's"
"""

KINDS = """
id: kinds
namespace: company.finops
tasks:
  - id: fill
    type: io.kestra.plugin.jdbc.postgresql.Queries{connection}
    sql: |
      CREATE TABLE bill (service text, cost numeric(30, 12), at timestamptz, tags jsonb, ok boolean, teams text[]);
      INSERT INTO bill VALUES (:service, 0.100000000001, '2024-05-01 12:00:00+02', '{{"env": "prod"}}', true, '{{a,b}}');
      INSERT INTO bill VALUES ('S3; not two statements', NULL, NULL, NULL, NULL, NULL);
      SELECT count(*) AS bills FROM bill
    parameters: {{service: "it's"}}
    fetchType: FETCH
  - id: read
    type: io.kestra.plugin.jdbc.postgresql.Query{connection}
    sql: SELECT * FROM bill ORDER BY cost
    fetchType: FETCH
  - id: kept
    type: io.kestra.plugin.jdbc.postgresql.Query{connection}
    sql: SELECT service FROM bill ORDER BY service
    fetchType: STORE
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.fill.outputs[0].rows[0].bills }}}} {{{{ outputs.read.rows | toJson }}}} {{{{ outputs.kept.size }}}}"
"""

HALF = """
id: half
namespace: company.finops
tasks:
  - id: fill
    type: io.kestra.plugin.jdbc.postgresql.Queries{connection}
    sql: |
      CREATE TABLE kept_by_half (a int);
      INSERT INTO nowhere VALUES (1)
errors:
  - id: look
    type: io.kestra.plugin.jdbc.postgresql.Query{connection}
    sql: SELECT count(*) AS n FROM pg_tables WHERE tablename = 'kept_by_half'
    fetchType: FETCH_ONE
"""

DENIED = """
id: denied
namespace: company.finops
tasks:
  - id: ask
    type: io.kestra.plugin.jdbc.postgresql.Query
    url: jdbc:postgresql://127.0.0.1:{port}/postgres
    username: finops
    password: wrong-password
    sql: SELECT 1
"""


class Postgres(Story):
    def setUp(self):
        super().setUp()
        self.server = Server(self)

    def run_flow(self, text, expect=0):
        path = self.folder / "flow.yaml"
        connection = CONNECTION.format(port=self.server.port)
        path.write_text(text.format(connection=connection, port=self.server.port), encoding="utf-8")
        out, err = self.run_outlay("flow", "run", str(path), "--json", "--logs", expect=expect)
        return json.loads(out), err

    def test_rows_keep_their_digits_and_kinds(self):
        execution, _ = self.run_flow(KINDS)
        told = execution["taskRunList"][-1]["outputs"]["value"]
        self.assertEqual(
            told,
            '2 [{"service":"it\'s","cost":0.100000000001,"at":"2024-05-01T10:00:00Z","tags":{"env":"prod"},'
            '"ok":true,"teams":["a","b"]},{"service":"S3; not two statements","cost":null,"at":null,'
            '"tags":null,"ok":null,"teams":null}] 2')

    def test_a_failed_statement_takes_the_others_back(self):
        execution, err = self.run_flow(HALF, expect=1)
        self.assertIn('relation "nowhere" does not exist', err + execution["logs"][0]["message"])
        self.assertEqual(execution["taskRunList"][-1]["outputs"]["row"], {"n": 0})

    def test_a_wrong_password_is_told_and_not_shown(self):
        execution, err = self.run_flow(DENIED, expect=1)
        told = err + json.dumps(execution)
        self.assertIn("password authentication failed", told)
        self.assertNotIn("wrong-password", told)


if __name__ == "__main__":
    unittest.main()
