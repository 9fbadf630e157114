# SPDX-License-Identifier: Apache-2.0
"""Polling and realtime triggers of a served engine begin executions for what is new outside."""
import json
import os
import re
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request

from program import OUTLAY, Story, free_port, wait_for_url

VENV = os.path.dirname(sys.executable)

KEYS = """
    region: eu-central-1
    accessKeyId: testing
    secretKeyId: testing12345
    endpointOverride: {aws}
"""

OBJECTS = """
id: on_object
namespace: company.finops
tasks:
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ trigger.objects | jq('.[].key') }}}} {{{{ read(trigger.objects[0].uri) }}}}"
triggers:
  - id: watch
    type: io.kestra.plugin.aws.s3.Trigger
    interval: PT1S
    bucket: costs{keys}
"""

MESSAGES = """
id: on_message
namespace: company.finops
tasks:
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ trigger.data.n }}}}"
triggers:
  - id: watch
    type: io.kestra.plugin.aws.sqs.RealtimeTrigger
    queueUrl: {queue}
    serdeType: JSON{keys}
"""

ROWS = """
id: on_rows
namespace: company.finops
tasks:
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ trigger.rows | toJson }}}}"
triggers:
  - id: watch
    type: io.kestra.plugin.jdbc.sqlite.Trigger
    interval: PT1S
    url: jdbc:sqlite:{file}
    sql: SELECT team FROM alerts WHERE told = 0
    afterSQL: UPDATE alerts SET told = 1
    fetchType: FETCH
"""


class Triggers(Story):
    def setUp(self):
        super().setUp()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/api/v1/main"
        environment = {**os.environ, "OUTLAY_DATA": str(self.data), "OUTLAY_SERVER_INSECURE": "true"}
        server = subprocess.Popen(
            [OUTLAY, "up", "--port", str(port)], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        wait_for_url(f"http://127.0.0.1:{port}/health", process=server)

    def start_aws(self):
        port = free_port()
        self.aws = f"http://127.0.0.1:{port}"
        moto = subprocess.Popen(
            [f"{VENV}/moto_server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(moto.wait)
        self.addCleanup(moto.terminate)
        wait_for_url(f"{self.aws}/moto-api/", process=moto)

    def call(self, url, data=None, method=None, headers=None):
        request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def save(self, text, **parts):
        keys = KEYS.format(aws=getattr(self, "aws", ""))
        self.call(
            f"{self.url}/flows", text.format(keys=keys, **parts).encode(), "POST",
            {"Content-Type": "application/x-yaml"})

    def values(self, flow, count, seconds=60):
        """The values of a flow's executions, once there are so many that ended."""
        deadline = time.monotonic() + seconds
        while True:
            found = json.loads(self.call(
                f"{self.url}/executions/search?namespace=company.finops&flowId={flow}&size=50"))["results"]
            done = [one for one in found if one["state"]["current"] in ("SUCCESS", "FAILED")]
            if len(done) >= count or time.monotonic() > deadline:
                return sorted(one["taskRunList"][0]["outputs"]["value"] for one in done)
            time.sleep(0.1)

    def aws_call(self, service, path, data, method="PUT"):
        kind = "application/xml" if service == "s3" else "application/x-www-form-urlencoded"
        return self.call(self.aws + path, data, method, {
            "Content-Type": kind,
            "Authorization": f"AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/{service}/aws4_request"})

    def test_an_object_is_told_once_for_each_of_its_versions(self):
        self.start_aws()
        self.aws_call("s3", "/costs", b"<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>"
                                      b"</CreateBucketConfiguration>")
        self.aws_call("s3", "/costs/a.csv", b"one")
        self.save(OBJECTS)
        self.assertEqual(self.values("on_object", 1), ['["a.csv"] one'])
        self.aws_call("s3", "/costs/b.csv", b"two")
        self.assertEqual(self.values("on_object", 2), ['["a.csv"] one', '["b.csv"] two'])
        self.aws_call("s3", "/costs/a.csv", b"three")
        self.assertEqual(
            self.values("on_object", 3), ['["a.csv"] one', '["a.csv"] three', '["b.csv"] two'])

    def test_each_message_begins_an_execution_of_its_own(self):
        self.start_aws()
        form = {"Action": "CreateQueue", "QueueName": "costs"}
        made = self.aws_call("sqs", "/", urllib.parse.urlencode(form).encode(), "POST")
        queue = re.search(r"<QueueUrl>(.*?)</QueueUrl>", made).group(1)
        for number in (1, 2, 3):
            form = {"Action": "SendMessage", "QueueUrl": queue, "MessageBody": json.dumps({"n": number})}
            self.aws_call("sqs", "/", urllib.parse.urlencode(form).encode(), "POST")
        self.save(MESSAGES, queue=queue)
        self.assertEqual(self.values("on_message", 3), ["1", "2", "3"])

    def test_rows_of_a_database_begin_an_execution_and_are_marked(self):
        import sqlite3
        file = self.folder / "alerts.sqlite"
        with sqlite3.connect(file) as database:
            database.execute("CREATE TABLE alerts (team TEXT, told INTEGER)")
            database.execute("INSERT INTO alerts VALUES ('web', 0)")
        database.close()
        self.save(ROWS, file=file)
        self.assertEqual(self.values("on_rows", 1), ['[{"team":"web"}]'])
        with sqlite3.connect(file) as database:
            self.assertEqual(database.execute("SELECT told FROM alerts").fetchall(), [(1,)])
        database.close()


if __name__ == "__main__":
    unittest.main()
