# SPDX-License-Identifier: Apache-2.0
"""Kestra's own Python SDK works against `outlay up`: flows, executions, streams, logs, outputs, keys, files."""
import os
import subprocess
import unittest

from program import OUTLAY, Story, free_port, wait_for_url

try:
    from kestrapy import KestraClient
    from kestrapy.exceptions import ConflictException, NotFoundException, UnprocessableEntityException
except ImportError:
    KestraClient = None

TENANT = "main"
NAMESPACE = "company.finops"
FLOW = """id: {id}
namespace: company.finops
labels: {{team: finops}}
inputs:
  - {{id: name, type: STRING, defaults: world}}
  - {{id: count, type: INT, defaults: 1}}
  - {{id: bill, type: FILE, required: false}}
tasks:
  - {{id: say, type: io.kestra.plugin.core.log.Log, message: "Hello {{{{ inputs.name }}}}"}}
  - {{id: value, type: io.kestra.plugin.core.debug.Return, format: "{{{{ inputs.count + 1 }}}}"}}
outputs:
  - {{id: answer, type: STRING, value: "{{{{ outputs.value.value }}}}"}}
"""
PAUSING = """id: pausing
namespace: company.finops
tasks:
  - {id: wait, type: io.kestra.plugin.core.flow.Pause}
  - {id: after, type: io.kestra.plugin.core.debug.Return, format: went on}
"""
READING = """id: reading
namespace: company.finops
inputs:
  - {id: bill, type: FILE}
tasks:
  - {id: text, type: io.kestra.plugin.core.debug.Return, format: "{{ read(inputs.bill) }}"}
"""
HOOK = """id: hook
namespace: company.finops
tasks:
  - {id: got, type: io.kestra.plugin.core.debug.Return, format: "{{ trigger.body.month }}"}
triggers:
  - {id: call, type: io.kestra.plugin.core.trigger.Webhook, key: aSecretKey123}
"""


class KestraSdkStory(Story):
    """Each test starts a server of its own on a fresh data folder."""

    def setUp(self):
        super().setUp()
        if KestraClient is None:
            if os.environ.get("CI") == "true":
                self.fail("kestrapy is not installed; CI needs tools/requirements.txt")
            self.skipTest("kestrapy is not installed")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = self.folder / "outlay.yaml"
        config.write_text("server:\n  users:\n    - {name: ada@example.com, password: Lovelace1}\n")
        self.server = subprocess.Popen(
            [OUTLAY, "up", "--port", str(port), "--data", str(self.data), "--config", str(config)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end_server)
        wait_for_url(self.url + "/health", process=self.server)
        self.client = KestraClient(host=self.url, username="ada@example.com", password="Lovelace1")

    def end_server(self):
        self.server.terminate()
        self.assertEqual(self.server.wait(timeout=60), 0)

    def run_flow(self, flow_id, **inputs):
        return self.client.executions.create_execution(TENANT, NAMESPACE, flow_id, wait=True, inputs=inputs)

    def test_flows_are_made_changed_found_and_removed(self):
        flows = self.client.flows
        made = flows.create_flow(TENANT, FLOW.format(id="hello"))
        self.assertEqual((made.id, made.namespace, made.revision), ("hello", NAMESPACE, 1))
        with self.assertRaises(UnprocessableEntityException):
            flows.create_flow(TENANT, FLOW.format(id="hello"))
        changed = flows.update_flow(NAMESPACE, "hello", TENANT, FLOW.format(id="hello") + "description: more\n")
        self.assertEqual(changed.revision, 2)
        self.assertIn("description: more", flows.flow(NAMESPACE, "hello", TENANT, source=True, allow_deleted=False).source)
        self.assertEqual([one.revision for one in flows.list_flow_revisions(NAMESPACE, "hello", TENANT)], [1, 2])
        flows.create_flow(TENANT, PAUSING)
        found = flows.search_flows(TENANT, page=1, size=10, filters=[
            {"field": "NAMESPACE", "operation": "PREFIX", "value": "company"},
            {"field": "QUERY", "operation": "EQUALS", "value": "hel"}])
        self.assertEqual([one.id for one in found.results], ["hello"])
        wrong = flows.validate_flows(TENANT, "id: x\nnamespace: company.finops\ntasks:\n  - {id: a, type: io.kestra.nothing}\n")
        self.assertTrue(wrong[0].constraints)
        self.assertEqual(flows.list_distinct_namespaces(TENANT), [NAMESPACE])
        self.assertTrue(flows.export_flows_by_query(TENANT).startswith(b"PK"))
        flows.delete_flow(NAMESPACE, "hello", TENANT)
        with self.assertRaises(NotFoundException):
            flows.flow(NAMESPACE, "hello", TENANT, source=False, allow_deleted=False)

    def test_an_execution_runs_is_followed_and_tells_its_logs_and_outputs(self):
        self.client.flows.create_flow(TENANT, FLOW.format(id="hello"))
        ended = self.run_flow("hello", name="Ada", count=41)
        self.assertEqual(ended.state.current, "SUCCESS")
        self.assertEqual([run.task_id for run in ended.task_run_list], ["say", "value"])
        whole = self.client.executions.execution(ended.id, TENANT)
        self.assertEqual(whole.inputs["count"], 41)
        self.assertEqual(whole.to_dict()["outputs"]["answer"], "42")
        messages = [line.message for line in self.client.logs.list_logs_from_execution(ended.id, TENANT, min_level=None)]
        self.assertIn("Hello Ada", messages)
        self.assertIn("Hello Ada", self.client.logs.download_logs_from_execution(ended.id, TENANT))
        followed = list(self.client.executions.follow_execution(ended.id, TENANT))
        self.assertEqual(followed[-1].state.current, "SUCCESS")
        found = self.client.executions.search_executions(TENANT, filters=[
            {"field": "FLOW_ID", "operation": "EQUALS", "value": "hello"},
            {"field": "LABELS", "operation": "EQUALS", "value": {"team": "finops"}},
            {"field": "STATE", "operation": "IN", "value": ["SUCCESS"]}])
        self.assertEqual(found["total"], 1)

    def test_a_running_execution_is_followed_to_its_end(self):
        self.client.flows.create_flow(TENANT, PAUSING)
        started = self.client.executions.create_execution(TENANT, NAMESPACE, "pausing")
        states = []
        for event in self.client.executions.follow_execution(started.id, TENANT):
            states.append(str(event.state.current.value if hasattr(event.state.current, "value") else event.state.current))
            if states[-1] == "PAUSED" and states.count("PAUSED") == 1:
                self.client.executions.resume_execution(started.id, TENANT)
        self.assertEqual(states[-1], "SUCCESS")
        with self.assertRaises(ConflictException):
            self.client.executions.resume_execution(started.id, TENANT)

    def test_an_execution_is_killed_and_replayed(self):
        executions = self.client.executions
        self.client.flows.create_flow(TENANT, PAUSING)
        started = executions.create_execution(TENANT, NAMESPACE, "pausing")
        for event in executions.follow_execution(started.id, TENANT):
            if event.state.current == "PAUSED":
                executions.kill_execution(started.id, TENANT)
                break
        states = [event.state.current for event in executions.follow_execution(started.id, TENANT)]
        self.assertEqual(states[-1], "KILLED")

    def test_a_file_input_is_uploaded_and_read(self):
        self.client.flows.create_flow(TENANT, READING)
        ended = self.run_flow("reading", bill=("bill.csv", b"a,b\n"))
        self.assertEqual(ended.state.current, "SUCCESS")
        whole = self.client.executions.execution(ended.id, TENANT)
        uri = whole.inputs["bill"]
        self.assertTrue(uri.startswith("kestra:///") and uri.endswith("bill.csv"), uri)
        self.assertEqual(self.client.executions.download_file_from_execution(ended.id, uri, TENANT), b"a,b\n")
        self.assertEqual(self.client.executions.file_metadatas_from_execution(ended.id, uri, TENANT).size, 4)
        with self.assertRaises(UnprocessableEntityException):
            self.run_flow("reading")

    def test_keys_and_files_of_a_namespace(self):
        kv = self.client.kv
        kv.set_key_value(NAMESPACE, "month", TENANT, "\"2026-01\"")
        self.assertEqual(kv.key_value(NAMESPACE, "month", TENANT).value, "2026-01")
        kv.set_key_value(NAMESPACE, "limit", TENANT, "42")
        self.assertEqual(kv.key_value(NAMESPACE, "limit", TENANT).value, 42)
        self.assertEqual({one.key for one in kv.list_all_keys(TENANT).results}, {"month", "limit"})
        kv.delete_key_value(NAMESPACE, "month", TENANT)
        with self.assertRaises(NotFoundException):
            kv.key_value(NAMESPACE, "month", TENANT)
        files = self.client.files
        files.create_namespace_file(NAMESPACE, "/scripts/main.py", TENANT, b"print(1)\n")
        self.assertEqual(files.file_content(NAMESPACE, "/scripts/main.py", TENANT), b"print(1)\n")
        listed = files.list_namespace_directory_files(NAMESPACE, TENANT, path="/scripts")
        self.assertEqual([one.file_name for one in listed], ["main.py"])

    def test_an_older_path_of_a_kill_and_an_unknown_execution(self):
        with self.assertRaises(NotFoundException):
            self.client.executions.execution("nothing", TENANT)
        answer = self.client.executions._session.delete(self.url + "/api/v1/executions/nothing/kill")
        self.assertEqual(answer.status_code, 404)
        self.assertIn("_embedded", answer.json())

    def test_a_webhook_starts_an_execution_without_a_user(self):
        self.client.flows.create_flow(TENANT, HOOK)
        import requests
        address = f"{self.url}/api/v1/main/executions/webhook/{NAMESPACE}/hook/"
        started = requests.post(address + "aSecretKey123", json={"month": "2026-01"}, timeout=30)
        self.assertEqual(started.status_code, 200, started.text)
        followed = list(self.client.executions.follow_execution(started.json()["id"], TENANT))
        self.assertEqual(followed[-1].state.current, "SUCCESS")
        self.assertEqual(requests.post(address + "wrong", json={}, timeout=30).status_code, 404)


if __name__ == "__main__":
    unittest.main()
