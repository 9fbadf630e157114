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

ITEMS = """
id: items
namespace: company.finops
tasks:
  - id: put
    type: io.kestra.plugin.aws.dynamodb.PutItem{keys}
    tableName: budgets
    item: {{team: web, monthly: 1200.50, tags: [a, b], on: true, nothing: null}}
  - id: put_other
    type: io.kestra.plugin.aws.dynamodb.PutItem{keys}
    tableName: budgets
    item: '{{"team": "data", "monthly": 1}}'
  - id: get
    type: io.kestra.plugin.aws.dynamodb.GetItem{keys}
    tableName: budgets
    key: {{team: web}}
  - id: query
    type: io.kestra.plugin.aws.dynamodb.Query{keys}
    tableName: budgets
    keyConditionExpression: team = :team
    expressionAttributeValues: {{":team": data}}
    fetchType: FETCH_ONE
  - id: delete
    type: io.kestra.plugin.aws.dynamodb.DeleteItem{keys}
    tableName: budgets
    key: {{team: data}}
  - id: scan
    type: io.kestra.plugin.aws.dynamodb.Scan{keys}
    tableName: budgets
    fetchType: FETCH
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.get.row | toJson }}}} {{{{ outputs.query.row.monthly }}}} {{{{ outputs.scan.size }}}}"
"""

EVENTS = """
id: events
namespace: company.finops
tasks:
  - id: send
    type: io.kestra.plugin.aws.eventbridge.PutEvents{keys}
    entries:
      - {{eventBusName: default, source: finops, detailType: over, detail: {{team: web}}}}
  - id: token
    type: io.kestra.plugin.aws.ecr.GetAuthToken{keys}
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.send.entryCount }}}} {{{{ outputs.send.failedEntryCount }}}} {{{{ outputs.token.token | length > 5 }}}}"
"""

ATHENA = """
id: athena
namespace: company.finops
tasks:
  - id: ask
    type: io.kestra.plugin.aws.athena.Query{keys}
    database: billing
    outputLocation: s3://answers/
    query: SELECT service, cost FROM cur
    fetchType: FETCH
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.ask.rows | toJson }}}}"
"""

COSTS = """
id: costs
namespace: company.finops
tasks:
  - id: ask
    type: outlay.aws.GetCostAndUsage{keys}
    start: "2024-05-01"
    end: "2024-05-02"
    groupBy: [SERVICE]
  - id: told
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ outputs.ask.rows | toJson }}}}"
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

    def set_answers(self, service, answers):
        """What the simulation answers to the next calls of a service that computes nothing."""
        request = urllib.request.Request(
            f"{self.aws}/moto-api/static/{service}", data=json.dumps(answers).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            self.assertEqual(answer.status, 201)

    def json_call(self, service, target, **body):
        request = urllib.request.Request(
            self.aws, data=json.dumps(body).encode(),
            headers={"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0",
                     "Authorization": f"AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/{service}/aws4_request"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def test_items_of_tables_are_written_and_read_with_their_types(self):
        self.json_call(
            "dynamodb", "DynamoDB_20120810.CreateTable", TableName="budgets", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "team", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "team", "KeyType": "HASH"}])
        execution, _ = self.run_flow(ITEMS)
        row, monthly, size = self.last_value(execution).rsplit(" ", 2)
        self.assertEqual(
            json.loads(row), {"team": "web", "monthly": 1200.5, "tags": ["a", "b"], "on": True, "nothing": None})
        self.assertEqual((monthly, size), ("1", "1"))

    def test_events_are_sent_and_the_registry_gives_a_token(self):
        execution, _ = self.run_flow(EVENTS)
        self.assertEqual(self.last_value(execution), "1 0 true")

    def test_athena_is_waited_for_and_its_rows_are_typed(self):
        self.set_answers("athena/query-results", {"region": "eu-central-1", "results": [{
            "rows": [
                {"Data": [{"VarCharValue": "service"}, {"VarCharValue": "cost"}]},
                {"Data": [{"VarCharValue": "EC2"}, {"VarCharValue": "12.50"}]},
                {"Data": [{"VarCharValue": "S3"}, {}]}],
            "column_info": [
                {"Name": "service", "Type": "varchar"}, {"Name": "cost", "Type": "decimal(38,10)"}]}]})
        execution, _ = self.run_flow(ATHENA)
        self.assertEqual(
            self.last_value(execution), '[{"service":"EC2","cost":12.50},{"service":"S3","cost":null}]')

    def test_cost_explorer_answers_rows_by_period_and_group(self):
        self.set_answers("ce/cost-and-usage-results", {"results": [{
            "ResultsByTime": [{
                "TimePeriod": {"Start": "2024-05-01", "End": "2024-05-02"}, "Total": {}, "Estimated": False,
                "Groups": [{"Keys": ["EC2"],
                            "Metrics": {"UnblendedCost": {"Amount": "1.2300000001", "Unit": "USD"}}}]}],
            "DimensionValueAttributes": []}]})
        execution, _ = self.run_flow(COSTS)
        self.assertEqual(
            self.last_value(execution),
            '[{"start":"2024-05-01","end":"2024-05-02","estimated":false,"SERVICE":"EC2",'
            '"UnblendedCost":1.2300000001,"UnblendedCostUnit":"USD"}]')

    def test_a_refusal_is_told_in_awss_own_words(self):
        execution, err = self.run_flow(REFUSED, expect=1)
        self.assertEqual(execution["state"]["current"], "FAILED")
        self.assertIn("NoSuchBucket", err + json.dumps(execution))


if __name__ == "__main__":
    unittest.main()
