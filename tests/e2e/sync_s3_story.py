# SPDX-License-Identifier: Apache-2.0
"""Bills are fetched from a simulated S3: new files once, half-written deliveries wait, lost connections go on."""
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import urllib.request

from program import OUTLAY, Story, free_port, shared, wait_for_url

VENV = os.path.dirname(sys.executable)
CUR2 = "aws/constructed_cur2_commitments_2026-01.csv"


def moto_server(case):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    moto = subprocess.Popen(
        [f"{VENV}/moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    case.addCleanup(moto.wait)
    case.addCleanup(moto.terminate)
    wait_for_url(f"{url}/moto-api/", process=moto)
    return url


class Between(http.server.ThreadingHTTPServer):
    """Stands between the program and S3, passes requests on, and does harm when a rule says so."""

    daemon_threads = True

    def __init__(self, target):
        super().__init__(("127.0.0.1", 0), Relay)
        self.target = target
        self.rule = lambda request, count: None
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Relay(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def relay(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = (self.command, self.path)
        count = sum(1 for one in server.seen if one[:2] == key)
        server.seen.append((*key, dict(self.headers)))
        harm = server.rule(self, count)
        if callable(harm):
            return harm(self)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "accept-encoding")}
        request = urllib.request.Request(
            server.target + self.path, data=body or None, method=self.command, headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = answer.headers.get("Content-Length", len(data)) if self.command == "HEAD" else len(data)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command == "HEAD":
            return None
        if harm == "cut":
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        if harm == "damage":
            data = data[:10] + bytes([data[10] ^ 1]) + data[11:]
        self.wfile.write(data)
        return None

    do_GET = do_PUT = do_POST = do_HEAD = relay

    def log_message(self, *_):
        pass


def refuse(status, code, message="no", extra=()):
    def answer(handler):
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        handler.send_response(status)
        for name, value in extra:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)
    return answer


class SyncFromS3(Story):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cleanups = []
        cls.addCleanup = cls.addClassCleanup
        cls.aws = moto_server(cls)
        del cls.addCleanup

    def setUp(self):
        super().setUp()
        import boto3
        urllib.request.urlopen(
            urllib.request.Request(f"{self.aws}/moto-api/reset", method="POST"), timeout=30).read()
        self.s3 = boto3.client(
            "s3", endpoint_url=self.aws, region_name="us-east-1",
            aws_access_key_id="testing", aws_secret_access_key="testing")
        self.s3.create_bucket(Bucket="bills")
        self.between = Between(self.aws)
        self.addCleanup(self.between.server_close)
        self.addCleanup(self.between.shutdown)
        self.env = {
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing-secret",
            "AWS_ENDPOINT_URL": self.between.url, "HOME": str(self.folder),
        }

    def put(self, key, content):
        self.s3.put_object(Bucket="bills", Key=key, Body=content)

    def put_tree(self, folder, prefix=""):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(prefix + path.relative_to(folder).as_posix(), path.read_bytes())

    def outlay(self, *arguments, expect=0, env=None):
        return self.run_outlay(*arguments, env={**self.env, **(env or {})}, expect=expect)

    def sync(self, *arguments, expect=0, env=None):
        out, _ = self.outlay("source", "sync", *arguments, "--json", expect=expect, env=env)
        return json.loads(out)

    def states(self, answer):
        return {one["id"]: one["state"] for one in answer[0]["deliveries"]}

    def total(self):
        rows = self.json_of("query", "--metric", "BilledCost", "--by", "BillingCurrency")
        return {row["BillingCurrency"]: row["BilledCost"] for row in rows}

    def gets(self, ending):
        return [one for one in self.between.seen if one[0] == "GET" and urllib.parse.urlsplit(one[1]).path.endswith(ending)]

    def test_a_bucket_is_booked_as_the_same_files_on_disk_are_and_only_once(self):
        self.run_outlay("ingest", shared("aws/cur-bucket"), "--source", "s", "--data", self.folder / "other")
        there = self.json_of(
            "query", "--metric", "BilledCost", "--by", "BillingCurrency", "--data", self.folder / "other")
        self.put_tree(shared("aws/cur-bucket"), "exports/")
        self.outlay("source", "add", "aws", "s3://bills/exports")
        first = self.sync()
        self.assertIsNone(first[0]["error"])
        self.assertEqual(set(self.states(first).values()), {"booked"})
        self.assertGreater(first[0]["filesFetched"], 0)
        here = self.json_of("query", "--metric", "BilledCost", "--by", "BillingCurrency")
        self.assertEqual(here, there)
        again = self.sync()
        self.assertEqual(set(self.states(again).values()), {"unchanged"})
        self.assertEqual(again[0]["filesFetched"], 0)

    def test_files_wait_for_their_manifest_and_a_manifest_for_its_files(self):
        bucket = shared("aws/cur-bucket")
        manifests = [p for p in bucket.rglob("*anifest.json")]
        data = [p for p in bucket.rglob("*") if p.is_file() and p not in manifests]
        for path in data:
            self.put("cur/" + path.relative_to(bucket).as_posix(), path.read_bytes())
        self.outlay("source", "add", "aws", "s3://bills/cur")
        waiting = self.sync()
        self.assertIn("waiting", self.states(waiting).values())
        self.assertNotIn("booked", self.states(waiting).values())
        self.assertIn("manifest", waiting[0]["deliveries"][0]["reason"])
        gone = "cur/" + data[0].relative_to(bucket).as_posix()
        self.s3.delete_object(Bucket="bills", Key=gone)
        for path in manifests:
            self.put("cur/" + path.relative_to(bucket).as_posix(), path.read_bytes())
        waiting = self.sync()
        self.assertIn("waiting", self.states(waiting).values())
        self.put(gone, data[0].read_bytes())
        self.assertEqual(set(self.states(self.sync()).values()), {"booked"})

    def test_a_connection_lost_in_the_middle_goes_on_where_it_was(self):
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay("source", "add", "aws", "s3://bills")
        self.between.rule = lambda request, count: "cut" if request.path.endswith("/bill.csv") and count == 0 else None
        answer = self.sync()
        self.assertIsNone(answer[0]["error"])
        ranges = [headers.get("Range") for _, _, headers in self.gets("/bill.csv")]
        self.assertEqual(ranges[0], None)
        self.assertRegex(ranges[1], r"bytes=[1-9]\d*-")
        self.assertEqual([headers.get("If-Match") is not None for _, _, headers in self.gets("/bill.csv")], [True, True])
        self.assertEqual(self.states(answer), {"all": "booked"})

    def test_a_damaged_object_is_fetched_again_and_refused_when_it_stays_damaged(self):
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay("source", "add", "aws", "s3://bills")
        self.between.rule = lambda request, count: "damage" if request.path.endswith("/bill.csv") and count < 2 else None
        answer = self.sync(expect=2)
        self.assertEqual(self.states(answer), {"all": "refused"})
        self.assertIn("damaged", answer[0]["deliveries"][0]["reason"])
        self.assertIn("MD5", answer[0]["deliveries"][0]["reason"])
        self.assertEqual(self.states(self.sync()), {"all": "booked"})

    def test_throttling_is_waited_out(self):
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay("source", "add", "aws", "s3://bills")
        self.between.rule = lambda request, count: refuse(503, "SlowDown") if count < 2 else None
        self.assertEqual(self.states(self.sync()), {"all": "booked"})

    def test_an_object_that_changes_after_it_was_listed_waits(self):
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay("source", "add", "aws", "s3://bills")
        self.between.rule = lambda request, count: (
            refuse(412, "PreconditionFailed") if request.path.endswith("/bill.csv") and count == 0 else None)
        answer = self.sync()
        self.assertEqual(self.states(answer), {"all": "waiting"})
        self.assertIn("changed", answer[0]["deliveries"][0]["reason"])
        self.assertEqual(self.states(self.sync()), {"all": "booked"})

    def test_what_is_wrong_with_the_access_is_said(self):
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay("source", "add", "aws", "s3://bills")
        listing = lambda request: "list-type" in request.path
        for rule, words in [
            (lambda r, c: refuse(403, "AccessDenied") if listing(r) else None, ["s3:ListBucket", "arn:aws:s3:::bills"]),
            (lambda r, c: None if listing(r) else refuse(403, "AccessDenied"), ["s3:GetObject"]),
            (lambda r, c: refuse(403, "ExpiredToken"), ["expired"]),
            (lambda r, c: refuse(403, "RequestTimeTooSkewed"), ["time"]),
            (lambda r, c: refuse(403, "InvalidAccessKeyId"), ["does not know"]),
            (lambda r, c: refuse(404, "NoSuchBucket"), ["no bucket bills"]),
        ]:
            self.between.rule = rule
            out, _ = self.outlay("source", "test", "aws", expect=1)
            for word in words:
                self.assertIn(word, out)
        self.between.rule = lambda r, c: None
        out, _ = self.outlay("source", "test", "aws")
        self.assertNotIn("FAILED", out)
        self.assertNotIn("testing-secret", out)

    def test_without_credentials_every_place_that_was_looked_at_is_named(self):
        self.outlay("source", "add", "aws", "s3://bills")
        env = {"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"}
        out, _ = self.outlay("source", "test", "aws", expect=1, env=env)
        for word in ["AWS_ACCESS_KEY_ID", "web identity", "profiles", "container", "instance"]:
            self.assertIn(word, out)

    def test_a_bucket_of_another_region_is_followed_there(self):
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay("source", "add", "aws", "s3://bills")

        def rule(request, count):
            if "/eu-central-1/s3/" in request.headers["Authorization"]:
                return None
            return refuse(301, "PermanentRedirect", extra=[("x-amz-bucket-region", "eu-central-1")])

        self.between.rule = rule
        self.assertEqual(self.states(self.sync()), {"all": "booked"})

    def test_a_profile_with_a_role_signs_with_the_roles_keys(self):
        import boto3
        self.put("bill.csv", shared(CUR2).read_bytes())
        aws = self.folder / ".aws"
        aws.mkdir()
        (aws / "credentials").write_text("[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n")
        (aws / "config").write_text(
            "[profile billing]\nrole_arn = arn:aws:iam::123456789012:role/bills\nsource_profile = base\n"
            "external_id = x-1\nregion = eu-west-1\n")
        self.outlay("source", "add", "aws", "s3://bills", "--set", "profile=billing")
        self.assertEqual(self.states(self.sync()), {"all": "booked"})
        asked = [one for one in self.between.seen if one[0] == "POST"]
        self.assertEqual(len(asked), 1)
        self.assertIn("Credential=AKIABASE/", asked[0][2]["Authorization"])
        self.assertIn("/eu-west-1/sts/", asked[0][2]["Authorization"])
        fetched = self.gets("/bill.csv")[0][2]
        self.assertNotIn("AKIABASE", fetched["Authorization"])
        self.assertIn("x-amz-security-token", {name.lower() for name in fetched})

    def test_a_sync_that_is_killed_leaves_only_what_the_next_one_goes_on_with(self):
        text = shared(CUR2).read_bytes()
        self.put("bill.csv", text)
        self.outlay("source", "add", "aws", "s3://bills")
        halfway = threading.Event()

        def half_then_nothing(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text[: len(text) // 2])
            handler.wfile.flush()
            halfway.set()
            handler.rfile.read(1)

        self.between.rule = lambda r, c: half_then_nothing if r.path.endswith("/bill.csv") and c == 0 else None
        environment = {**os.environ, "OUTLAY_DATA": str(self.data), **self.env}
        running = subprocess.Popen(
            [OUTLAY, "source", "sync"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertTrue(halfway.wait(60))
        parts = self.data / "raw/aws/parts"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and sum(p.stat().st_size for p in parts.glob("*")) == 0:
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
        running.wait()
        self.assertEqual(self.states(self.sync()), {"all": "booked"})
        self.assertRegex(self.gets("/bill.csv")[1][2]["Range"], r"bytes=[1-9]\d*-")
        self.assertEqual(list(parts.glob("*")), [])

    def test_a_stop_signal_ends_a_sync_and_says_so(self):
        text = shared(CUR2).read_bytes()
        self.put("bill.csv", text)
        self.outlay("source", "add", "aws", "s3://bills")
        asked = threading.Event()

        def never(handler):
            asked.set()
            handler.rfile.read(1)

        self.between.rule = lambda r, c: never if r.path.endswith("/bill.csv") else None
        environment = {**os.environ, "OUTLAY_DATA": str(self.data), **self.env}
        running = subprocess.Popen(
            [OUTLAY, "source", "sync"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertTrue(asked.wait(60))
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
        self.assertIn("stopped", out)
        self.between.rule = lambda r, c: None
        self.assertEqual(self.states(self.sync()), {"all": "booked"})

    def test_raw_files_are_kept_or_not_as_the_source_says(self):
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay("source", "add", "kept", "s3://bills")
        self.outlay("source", "add", "gone", "s3://bills", "--set", "keep_raw=none")
        self.sync()
        kept = list((self.data / "raw/kept/deliveries").rglob("bill.csv"))
        self.assertEqual([path.read_bytes() for path in kept], [shared(CUR2).read_bytes()])
        self.assertEqual([p for p in (self.data / "raw/gone").rglob("*") if p.is_file() and p.name != ".lock"], [])
        self.between.seen.clear()
        for one in self.sync():
            self.assertEqual(one["filesFetched"], 0)
        self.assertEqual(self.gets("/bill.csv"), [])

    def test_a_secret_that_is_written_out_is_not_kept_and_never_shown(self):
        _, err = self.outlay(
            "source", "add", "aws", "s3://bills", "--set", "secret_access_key=hush-hush", expect=2)
        self.assertIn("outlay secret set", err)
        self.assertNotIn("hush-hush", err)
        config = self.folder / "outlay.yaml"
        config.write_text(
            "sources:\n  aws:\n    url: s3://bills\n    access_key_id: AKIAX\n    secret_access_key: hush-hush\n")
        for arguments in (["config", "show"], ["config", "show", "--json"], ["source", "list", "--json"], ["source", "test", "aws"]):
            out, err = self.outlay(*arguments, "--config", config)
            self.assertNotIn("hush-hush", out + err)

    def test_a_secret_of_the_encrypted_store_signs(self):
        key, _ = self.run_outlay("secret", "key")
        env = {"OUTLAY_SECRETS_KEY": key.strip(), "AWS_ACCESS_KEY_ID": ""}
        self.run_outlay("secret", "set", "AWS_KEY", input_text="the-key\n", env=env)
        self.assertNotIn("the-key", (self.data / "secrets.json").read_text())
        self.put("bill.csv", shared(CUR2).read_bytes())
        self.outlay(
            "source", "add", "aws", "s3://bills", "--set", "access_key_id=AKIAX",
            "secret_access_key=secret:AWS_KEY")
        self.assertEqual(self.states(self.sync(env=env)), {"all": "booked"})
        self.assertIn("Credential=AKIAX/", self.gets("/bill.csv")[0][2]["Authorization"])
        out, _ = self.outlay("source", "test", "aws", env={**env, "OUTLAY_SECRETS_KEY": ""}, expect=1)
        self.assertIn("OUTLAY_SECRETS_KEY", out)


if __name__ == "__main__":
    unittest.main()
