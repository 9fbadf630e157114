# SPDX-License-Identifier: Apache-2.0
"""Flows use S3, SQS, SNS and CloudWatch of a simulated AWS by its own APIs, without the aws program."""
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.parse
import urllib.request

from program import Story, free_port, wait_for_url

VENV = os.path.dirname(sys.executable)

KEYS = """
    region: eu-central-1
    accessKeyId: testing
    secretKeyId: testing12345
    endpointOverride: {aws}
"""

OBJECTS = """
id: objects
namespace: company.finops
tasks:
  - id: file
    type: io.kestra.plugin.core.storage.Write
    content: "hello"
  - id: bucket
    type: io.kestra.plugin.aws.s3.CreateBucket{keys}
    bucket: costs
  - id: upload
    type: io.kestra.plugin.aws.s3.Upload{keys}
    from: "{{{{ outputs.file.uri }}}}"
    bucket: costs
    key: "reports/Ünï code & more.txt"
    contentType: text/plain
    metadata: {{owner: finops}}
  - id: copy
    type: io.kestra.plugin.aws.s3.Copy{keys}
    from: {{bucket: costs, key: "reports/Ünï code & more.txt"}}
    to: {{key: reports/b.txt}}
  - id: list
    type: io.kestra.plugin.aws.s3.List{keys}
    bucket: costs
    prefix: reports/
  - id: download
    type: io.kestra.plugin.aws.s3.Download{keys}
    bucket: costs
    key: reports/b.txt
  - id: remove
    type: io.kestra.plugin.aws.s3.DeleteList{keys}
    bucket: costs
    regexp: ".*b.txt"
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.list.objects | jq('length') | first }}}} {{{{ read(outputs.download.uri) }}}} {{{{ outputs.remove.count }}}}"
"""

MESSAGES = """
id: messages
namespace: company.finops
tasks:
  - id: send
    type: io.kestra.plugin.aws.sqs.Publish{keys}
    queueUrl: {queue}
    from:
      - {{data: '{{"n": 1}}'}}
      - {{data: '{{"n": 2}}'}}
  - id: take
    type: io.kestra.plugin.aws.sqs.Consume{keys}
    queueUrl: {queue}
    serdeType: JSON
  - id: tell
    type: io.kestra.plugin.aws.sns.Publish{keys}
    topicArn: {topic}
    from: {{data: over budget, subject: Costs}}
  - id: put
    type: io.kestra.plugin.aws.cloudwatch.Push{keys}
    namespace: Outlay
    metrics: [{{metricName: cost, value: 12.5, unit: None}}]
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.take.count }}}} {{{{ outputs.tell.messagesCount }}}} {{{{ outputs.put.count }}}}"
"""

REFUSED = """
id: refused
namespace: company.finops
tasks:
  - id: list
    type: io.kestra.plugin.aws.s3.List{keys}
    bucket: not-there
"""


class AwsTasks(Story):
    def setUp(self):
        super().setUp()
        port = free_port()
        self.aws = f"http://127.0.0.1:{port}"
        moto = subprocess.Popen(
            [f"{VENV}/moto_server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(moto.wait)
        self.addCleanup(moto.terminate)
        wait_for_url(f"{self.aws}/moto-api/", process=moto)

    def ask(self, service, **form):
        """A call of AWS's query protocol; the simulation looks at the credential scope alone."""
        request = urllib.request.Request(
            self.aws, data=urllib.parse.urlencode(form).encode(),
            headers={"Authorization": f"AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/{service}/aws4_request"})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def run_flow(self, text, expect=0, **parts):
        path = self.folder / "flow.yaml"
        path.write_text(text.format(keys=KEYS.format(aws=self.aws), **parts), encoding="utf-8")
        out, err = self.run_outlay("flow", "run", str(path), "--json", "--logs", expect=expect)
        return json.loads(out), err

    def last_value(self, execution):
        return execution["taskRunList"][-1]["outputs"]["value"]

    def test_objects_go_into_a_bucket_and_out_of_it(self):
        execution, _ = self.run_flow(OBJECTS)
        self.assertEqual(self.last_value(execution), "2 hello 1")

    def test_messages_and_metrics_are_sent_and_taken(self):
        queue = re.search(
            r"<QueueUrl>(.*?)</QueueUrl>", self.ask("sqs", Action="CreateQueue", QueueName="costs")).group(1)
        topic = re.search(
            r"<TopicArn>(.*?)</TopicArn>", self.ask("sns", Action="CreateTopic", Name="costs")).group(1)
        execution, _ = self.run_flow(MESSAGES, queue=queue, topic=topic)
        self.assertEqual(self.last_value(execution), "2 1 1")

    def test_a_refusal_is_told_in_awss_own_words(self):
        execution, err = self.run_flow(REFUSED, expect=1)
        self.assertEqual(execution["state"]["current"], "FAILED")
        self.assertIn("NoSuchBucket", err + json.dumps(execution))


if __name__ == "__main__":
    unittest.main()
