# SPDX-License-Identifier: Apache-2.0
"""A scheduled flow finds untagged instances in a simulated AWS and tells a webhook, with the real aws CLI."""
import base64
import http.server
import json
import os
import subprocess
import sys
import threading
import unittest

from program import ROOT, Story, free_port, wait_for_url

FLOW = ROOT / "examples/flows/finops_untagged_ec2_report.yaml"
VENV = os.path.dirname(sys.executable)

PUBLISHED_VARIANT = r"""
id: published_variant
namespace: company.finops
tasks:
  - id: find_untagged_instances
    type: io.kestra.plugin.aws.cli.AwsCLI
    commands:
      - aws ec2 describe-instances --filters "Name=tag-key,Values=owner" --query "Reservations[].Instances[?Tags[?Key=='owner']==`[]`].InstanceId" --output json > untagged_instances.json
  - id: send_slack_alert
    type: io.kestra.plugin.slack.notifications.SlackIncomingWebhook
    url: "{{ secret('SLACK_WEBHOOK_URL') }}"
    payload: |
      {
        "text": "{{ read('untagged_instances.json') }}"
      }
"""

BROKEN_PAYLOAD = r"""
id: broken_payload
namespace: company.finops
tasks:
  - id: write
    type: io.kestra.plugin.scripts.shell.Commands
    commands:
      - printf 'first\nsecond' > slack_message.txt
  - id: send
    type: io.kestra.plugin.slack.notifications.SlackIncomingWebhook
    url: "{{ secret('SLACK_WEBHOOK_URL') }}"
    payload: |
      {
        "text": "{{ read('slack_message.txt') }}"
      }
"""


class Webhook(http.server.BaseHTTPRequestHandler):
    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Webhook.received.append(body.decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class UntaggedInstances(Story):
    def setUp(self):
        super().setUp()
        Webhook.received = []
        self.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
        threading.Thread(target=self.hook.serve_forever, daemon=True).start()
        self.addCleanup(self.hook.server_close)
        self.addCleanup(self.hook.shutdown)
        port = free_port()
        self.aws = f"http://127.0.0.1:{port}"
        moto = subprocess.Popen(
            [f"{VENV}/moto_server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(moto.wait)
        self.addCleanup(moto.terminate)
        wait_for_url(f"{self.aws}/moto-api/", process=moto)
        self.hook_url = f"http://127.0.0.1:{self.hook.server_port}/services/T/B/x"
        self.env = {
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing-secret-key",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SECRET_SLACK_WEBHOOK_URL": base64.b64encode(self.hook_url.encode()).decode(),
            "PATH": f"{VENV}:{os.environ['PATH']}",
        }

    def start_instances(self, count, tags):
        import boto3
        ec2 = boto3.client(
            "ec2", endpoint_url=self.aws, region_name="us-east-1",
            aws_access_key_id="testing", aws_secret_access_key="testing")
        more = {"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]} if tags else {}
        answer = ec2.run_instances(ImageId="ami-12c6146b", MinCount=count, MaxCount=count, **more)
        return [instance["InstanceId"] for instance in answer["Instances"]]

    def run_flow(self, flow, expect):
        out, err = self.run_outlay("flow", "run", flow, "--logs", "--json", env=self.env, expect=expect)
        return json.loads(out), err

    def test_instances_without_an_owner_are_named_in_the_message(self):
        owned = self.start_instances(2, [{"Key": "owner", "Value": "web"}])
        untagged = self.start_instances(2, [])
        untagged += self.start_instances(1, [{"Key": "env", "Value": "prod"}])
        execution, _ = self.run_flow(FLOW, expect=0)
        self.assertEqual(execution["state"]["current"], "SUCCESS")
        text = json.loads(Webhook.received[0])["text"]
        self.assertTrue(text.startswith("Found untagged EC2 instances:\n"), text)
        for instance in untagged:
            self.assertIn(instance, text)
        for instance in owned:
            self.assertNotIn(instance, text)

    def test_no_untagged_instance_is_said_too(self):
        self.start_instances(1, [{"Key": "owner", "Value": "web"}])
        self.run_flow(FLOW, expect=0)
        self.assertEqual(json.loads(Webhook.received[0])["text"], "No untagged EC2 instances found.")

    def test_the_webhook_url_is_never_printed(self):
        execution, err = self.run_flow(FLOW, expect=0)
        self.assertNotIn(self.hook_url, json.dumps(execution) + err)

    def test_back_ticks_in_a_shell_command_fail_with_the_shells_own_words(self):
        flow = self.folder / "variant.yaml"
        flow.write_text(PUBLISHED_VARIANT)
        out, err = self.run_outlay("flow", "validate", flow, expect=0)
        self.assertIn("warning", out + err)
        self.assertIn("`", out + err)
        self.assertIn("toJson", out + err)
        execution, err = self.run_flow(flow, expect=1)
        self.assertEqual(execution["state"]["current"], "FAILED")
        told = json.dumps(execution) + err
        self.assertIn("not found", told)
        self.assertIn("describe-instances", told)

    def test_an_invalid_payload_names_the_position_and_suggests_toJson(self):
        flow = self.folder / "broken.yaml"
        flow.write_text(BROKEN_PAYLOAD)
        execution, err = self.run_flow(flow, expect=1)
        told = json.dumps(execution) + err
        self.assertIn("toJson", told)
        self.assertRegex(told, r"line 2|:2:|column")
        self.assertEqual(Webhook.received, [])


if __name__ == "__main__":
    unittest.main()
