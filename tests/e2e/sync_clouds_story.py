# SPDX-License-Identifier: Apache-2.0
"""Bills are fetched from Azure Blob (Azurite), from a stand-in of Cloud Storage, and from cost APIs."""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time
import unittest
import urllib.parse
import urllib.request

from program import ROOT, Story, free_port, shared, wait_for_url

CUR2 = "aws/constructed_cur2_commitments_2026-01.csv"
ACCOUNT = "devstoreaccount1"
# The key that every emulator of Azure's storage has.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def azurite():
    """The emulator's program, where it is installed."""
    places = [os.environ.get("AZURITE", ""), str(ROOT / ".deps/azurite/node_modules/.bin/azurite-blob")]
    return next((place for place in places if place and os.path.exists(place)), None) or shutil.which("azurite-blob")


class SyncStory(Story):
    def sync(self, *arguments, expect=0, env=None):
        out, _ = self.run_outlay("source", "sync", *arguments, "--json", expect=expect, env=env)
        return json.loads(out)

    def states(self, answer):
        return {one["id"]: one["state"] for one in answer[0]["deliveries"]}


class SyncFromAzure(SyncStory):
    def setUp(self):
        super().setUp()
        program = azurite()
        if program is None:
            self.skipTest("azurite-blob is not here; AZURITE names it")
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        server = subprocess.Popen(
            [program, "--blobPort", str(port), "--location", str(self.folder / "az"), "--silent",
             "--skipApiVersionCheck"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        wait_for_url(self.endpoint + "?comp=list", process=server)
        self.request("PUT", "exports?restype=container")
        self.env = {"THE_KEY": KEY, "HOME": str(self.folder)}

    def request(self, method, path, body=b"", headers=None):
        """A request with the account's key, as the service's documents say."""
        headers = {
            "x-ms-date": datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "x-ms-version": "2021-12-02", **(headers or {})}
        url = urllib.parse.urlsplit(f"{self.endpoint}/{path}")
        query = sorted((k.lower(), v) for k, v in urllib.parse.parse_qsl(url.query))
        resource = f"/{ACCOUNT}{url.path}" + "".join(f"\n{k}:{v}" for k, v in query)
        named = "".join(f"{k}:{v}\n" for k, v in sorted(headers.items()) if k.startswith("x-ms-"))
        length = str(len(body)) if body else ""
        content_type = "application/octet-stream" if body else ""
        text = "\n".join([method, "", "", length, "", content_type, "", "", "", "", "", "", named + resource])
        digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
        if body:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(url.geturl(), data=body or None, method=method, headers=headers)
        return urllib.request.urlopen(request, timeout=60).read()

    def put(self, name, body):
        self.request("PUT", "exports/" + urllib.parse.quote(name), body, {"x-ms-blob-type": "BlockBlob"})

    def add(self, *settings, url="az://devstoreaccount1/exports/bills"):
        self.run_outlay(
            "source", "add", "azure", url, "--set", f"endpoint={self.endpoint}", *settings, env=self.env)

    def sas(self, permissions, until="2099-01-01T00:00:00Z"):
        fields = [permissions, "", until, f"/blob/{ACCOUNT}/exports", "", "", "", "2021-12-02", "c", "", "", "", "", "", "", ""]
        digest = hmac.new(base64.b64decode(KEY), "\n".join(fields).encode(), hashlib.sha256).digest()
        return urllib.parse.urlencode(
            {"sp": permissions, "se": until, "sv": "2021-12-02", "sr": "c", "sig": base64.b64encode(digest).decode()})

    def test_a_container_is_booked_with_the_accounts_key_and_only_once(self):
        self.put("bills/a bill+1.csv", shared(CUR2).read_bytes())
        self.put("elsewhere.csv", b"not,ours\n1,2\n")
        self.add("account_key=env:THE_KEY")
        first = self.sync(env=self.env)
        self.assertEqual(self.states(first), {"all": "booked"}, first)
        self.assertEqual(first[0]["filesListed"], 1)
        again = self.sync(env=self.env)
        self.assertEqual(self.states(again), {"all": "unchanged"})
        self.assertEqual(again[0]["filesFetched"], 0)

    def test_a_signature_opens_the_container_and_its_faults_are_named(self):
        self.put("bills/bill.csv", shared(CUR2).read_bytes())
        self.add("sas_token=env:THE_SAS")
        for sas, words in [
            (self.sas("r"), ["List"]),
            (self.sas("l"), ["Read"]),
            (self.sas("rl", "2020-01-01T00:00:00Z"), ["SAS"]),
            (self.sas("rl")[:-6], ["not valid"]),
        ]:
            out, _ = self.run_outlay("source", "test", "azure", env={**self.env, "THE_SAS": sas}, expect=1)
            for word in words:
                self.assertIn(word, out)
            self.assertNotIn(urllib.parse.parse_qs(sas)["sig"][0], out)
        answer = self.sync(env={**self.env, "THE_SAS": "?" + self.sas("rl")})
        self.assertEqual(self.states(answer), {"all": "booked"}, answer)

    def test_a_connection_string_names_all_of_it(self):
        self.put("bills/bill.csv", shared(CUR2).read_bytes())
        text = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={self.endpoint};"
        self.run_outlay(
            "source", "add", "azure", "az://devstoreaccount1/exports/bills", "--set",
            "connection_string=env:CONNECTION", env={"CONNECTION": text})
        self.assertEqual(self.states(self.sync(env={"CONNECTION": text})), {"all": "booked"})

    def test_a_wrong_key_and_a_wrong_container_are_said(self):
        self.put("bills/bill.csv", shared(CUR2).read_bytes())
        self.add("account_key=env:THE_KEY")
        wrong = base64.b64encode(b"x" * 64).decode()
        out, _ = self.run_outlay("source", "test", "azure", env={"THE_KEY": wrong}, expect=1)
        self.assertIn("account key is not that of", out)
        self.run_outlay("source", "remove", "azure")
        self.add("account_key=env:THE_KEY", url="az://devstoreaccount1/nowhere")
        out, _ = self.run_outlay("source", "test", "azure", env=self.env, expect=1)
        self.assertIn("no container nowhere", out)


class StandIn(http.server.ThreadingHTTPServer):
    """A small server for one story; `answer(handler)` says what it answers."""

    daemon_threads = True

    def __init__(self, case, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self, status, body=b"", **headers):
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.url = urllib.parse.urlsplit(self.path)
                self.params = urllib.parse.parse_qs(self.url.query)
                self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        case.addCleanup(self.server_close)
        case.addCleanup(self.shutdown)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class SyncFromCloudStorage(SyncStory):
    """The stand-in keeps to the JSON API: pages, generations, ranges, digests, a token that is checked."""

    def setUp(self):
        super().setUp()
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.objects = {}
        self.seen = []
        self.forbidden = set()
        self.cut = 0
        self.server = StandIn(self, self.answer)
        self.account = self.folder / "account.json"
        self.account.write_text(json.dumps({
            "type": "service_account", "client_email": "outlay@p.iam", "private_key_id": "k1",
            "private_key": pem.decode(), "token_uri": self.server.address + "/token"}))

    def put(self, name, body):
        self.objects[name] = (body, str(1000 + len(self.objects)))

    def answer(self, handler):
        self.seen.append(handler.path)
        if handler.url.path == "/token":
            return self.sign_in(handler)
        if handler.headers.get("Authorization") != "Bearer the-token":
            return handler.reply(401, {"error": {"message": "Invalid Credentials"}})
        if handler.url.path == "/storage/v1/b/bills/o":
            return self.list(handler)
        return self.get(handler)

    def sign_in(self, handler):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding
        jwt = urllib.parse.parse_qs(handler.body.decode())["assertion"][0]
        head, claims, signature = jwt.split(".")
        unpacked = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        self.key.public_key().verify(
            unpacked(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        said = json.loads(unpacked(claims))
        assert said["iss"] == "outlay@p.iam" and "devstorage.read_only" in said["scope"], said
        assert abs(said["iat"] - time.time()) < 600, said
        return handler.reply(200, {"access_token": "the-token", "expires_in": 3600})

    def list(self, handler):
        if "list" in self.forbidden:
            return handler.reply(403, {"error": {"message": "outlay@p.iam does not have storage.objects.list"}})
        prefix = handler.params.get("prefix", [""])[0]
        names = sorted(name for name in self.objects if name.startswith(prefix))
        start = int(handler.params.get("pageToken", ["0"])[0])
        items = [
            {"name": name, "size": str(len(self.objects[name][0])), "generation": self.objects[name][1],
             "updated": "2026-01-05T00:00:00Z"} for name in names[start:start + 2]]
        answer = {"items": items}
        if start + 2 < len(names):
            answer["nextPageToken"] = str(start + 2)
        return handler.reply(200, answer)

    def get(self, handler):
        if "get" in self.forbidden:
            return handler.reply(403, {"error": {"message": "no storage.objects.get"}})
        name = urllib.parse.unquote(handler.url.path.split("/o/", 1)[1])
        body, generation = self.objects[name]
        if handler.params.get("ifGenerationMatch", [generation])[0] != generation:
            return handler.reply(412, {"error": {"message": "conditionNotMet"}})
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        first = int(handler.headers["Range"][6:-1]) if "Range" in handler.headers else 0
        if self.cut:
            self.cut -= 1
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body[: len(body) // 3])
            handler.close_connection = True
            return None
        return handler.reply(206 if first else 200, body[first:], x_goog_hash=f"md5={digest}")

    def add(self, *settings):
        self.run_outlay(
            "source", "add", "google", "gs://bills/daily", "--set", f"endpoint={self.server.address}",
            f"credentials_file={self.account}", *settings)

    def test_a_bucket_of_several_pages_is_booked_and_only_once(self):
        lines = shared(CUR2).read_text().splitlines(keepends=True)
        for i in range(5):
            self.put(f"daily/part {i}.csv", "".join([lines[0], *lines[1 + i::5]]).encode())
        self.put("other/x.csv", b"a,b\n1,2\n")
        self.add()
        self.cut = 1
        first = self.sync()
        self.assertEqual(self.states(first), {"all": "booked"}, first)
        self.assertEqual(first[0]["filesListed"], 5)
        self.assertEqual(len([path for path in self.seen if path == "/token"]), 1)
        again = self.sync()
        self.assertEqual(self.states(again), {"all": "unchanged"})
        self.assertEqual(again[0]["filesFetched"], 0)

    def test_a_missing_permission_is_named(self):
        self.put("daily/bill.csv", shared(CUR2).read_bytes())
        self.add()
        for what, permission in [("list", "storage.objects.list"), ("get", "storage.objects.get")]:
            self.forbidden = {what}
            out, _ = self.run_outlay("source", "test", "google", expect=1)
            self.assertIn(permission, out)
            self.assertIn("Storage Object Viewer", out)
        self.forbidden = set()
        out, _ = self.run_outlay("source", "test", "google")
        self.assertIn("service account outlay@p.iam", out)


class SyncFromCostApi(SyncStory):
    def setUp(self):
        super().setUp()
        self.asked = []
        self.amounts = {}
        self.server = StandIn(self, self.answer)

    def answer(self, handler):
        self.asked.append(handler.params)
        if handler.headers.get("Authorization") != "Bearer sk-admin-1":
            return handler.reply(401, {"error": {"message": "needs scope api.usage.read"}})
        if len(self.asked) == 1:
            return handler.reply(429, {"error": {"message": "slow down"}}, Retry_After="1")
        start = int(handler.params["start_time"][0])
        page = int(handler.params.get("page", ["0"])[0])
        day = start + page * 86400
        return handler.reply(200, {
            "object": "page", "has_more": page < 1, "next_page": str(page + 1) if page < 1 else None,
            "data": [{"object": "bucket", "start_time": day, "end_time": day + 86400, "results": [
                {"object": "organization.costs.result", "amount": {"value": 0.1, "currency": "usd"},
                 "line_item": "gpt-x, input", "project_id": "p", "organization_id": "o"}]}]})

    def test_every_page_of_every_month_is_kept_as_it_came(self):
        this_month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
        self.run_outlay(
            "source", "add", "openai", "--set", "api=openai-costs", f"endpoint={self.server.address}/costs",
            "token=env:OPENAI_KEY", f"since={this_month}")
        self.sync(env={"OPENAI_KEY": "sk-admin-1"}, expect=None)
        self.assertEqual([params.get("page") for params in self.asked], [None, None, ["1"]])
        self.assertEqual(self.asked[1]["group_by"], ["project_id", "line_item"])
        kept = next((self.data / "raw/openai").rglob(f"{this_month}.json"))
        pages = [json.loads(line) for line in kept.read_text().splitlines()]
        self.assertEqual([page["has_more"] for page in pages], [True, False])

    def test_a_key_without_rights_is_told_what_it_needs(self):
        self.run_outlay(
            "source", "add", "openai", "--set", "api=openai-costs", f"endpoint={self.server.address}/costs",
            "token=env:OPENAI_KEY")
        out, _ = self.run_outlay("source", "test", "openai", env={"OPENAI_KEY": "sk-wrong"}, expect=1)
        self.assertIn("admin key", out)
        self.assertNotIn("sk-wrong", out)


if __name__ == "__main__":
    unittest.main()
