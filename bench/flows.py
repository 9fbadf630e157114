#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A flow server under load: start with many flows, webhooks at a constant rate, payloads, processes, a restart with
many executions that wait. Every execution is durable. Floors are measured in the same run.

Rates are open loop: request number n is sent at its own moment, however late the answers are. Latency of an execution
is from its creation to its end, as the server journals it; that of a request is as the client sees it.
"""

import argparse
import concurrent.futures
import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

from measure import Program, median, megabytes, percentile, say_ratio

HOOK = """
id: {id}
namespace: bench
inputs: [{{id: who, type: STRING, defaults: World}}]
tasks:
  - {{id: greet, type: io.kestra.plugin.core.debug.Return, format: "Hello {{{{ inputs.who }}}}"}}
  - {{id: tell, type: io.kestra.plugin.core.log.Log, message: "{{{{ outputs.greet.value }}}}"}}
triggers: [{{id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: k}}]
"""
ONE = """
id: one
namespace: bench
tasks: [{id: greet, type: io.kestra.plugin.core.debug.Return, format: "{{ execution.id }}"}]
triggers: [{id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: k}]
"""
PAYLOAD = """
id: payload
namespace: bench
tasks:
  - {id: shape, type: io.kestra.plugin.core.debug.Return, format: "{{ trigger.body.items | jq('.[].name') | toJson }}"}
  - {id: tell, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.shape.value | length }}"}
triggers: [{id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: k}]
"""
WAITS = """
id: waits
namespace: bench
tasks: [{id: hold, type: io.kestra.plugin.core.flow.Pause}]
triggers: [{id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: k}]
"""
PROCESSES = """
id: run_%s
namespace: bench
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    concurrencyLimit: 1
    values: [%s]
    tasks:
      - id: run
        type: io.kestra.plugin.scripts.shell.Commands
        taskRunner: {type: io.kestra.plugin.core.runner.Process}
        commands: ["%s"]
triggers: [{id: hook, type: io.kestra.plugin.core.trigger.Webhook, key: k}]
"""


class Server:
    def __init__(self, program: Program, data: str):
        self.begin = time.perf_counter()
        self.child = subprocess.Popen(
            [str(program.outlay), "up", "--port", "0", "--insecure", "--data", data],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        found = re.search(r"http://([^/\s]+)", self.child.stdout.readline())
        if not found:
            raise SystemExit("the server did not print its address")
        self.address = found.group(1)
        self.mine = threading.local()

    def ask(self, method: str, path: str, body=None, kind="application/json"):
        if not hasattr(self.mine, "connection"):
            self.mine.connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            self.mine.connection.request(method, f"/api/v1/main/{path}", body, {"Content-Type": kind})
            answer = self.mine.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            del self.mine.connection
            raise
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else None

    def save(self, flow: str):
        self.ask("POST", "flows", flow.encode(), "application/x-yaml")

    def call(self, flow: str, body=b"{}") -> str:
        return self.ask("POST", f"executions/webhook/bench/{flow}/k", body)["id"]

    def wait(self, execution: str, pause: float = 0.002):
        while True:
            found = self.ask("GET", f"executions/{execution}")
            if found["state"]["current"] in ("SUCCESS", "FAILED", "WARNING", "KILLED"):
                return found
            time.sleep(pause)

    def status(self, name: str) -> int:
        text = pathlib.Path(f"/proc/{self.child.pid}/status").read_text(encoding="utf-8")
        return int(re.search(rf"{name}:\s+(\d+)", text).group(1)) * 1024

    def cpu(self) -> float:
        fields = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, how=signal.SIGTERM):
        self.child.send_signal(how)
        self.child.wait()


def append_floor(folder: str, count: int = 200) -> float:
    times = []
    file = os.open(os.path.join(folder, "floor"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(count):
        begin = time.perf_counter()
        os.write(file, b"x" * 512)
        os.fdatasync(file)
        times.append(time.perf_counter() - begin)
    os.close(file)
    return median(times)


def length_of(execution) -> float:
    moments = [datetime.datetime.fromisoformat(step["date"].replace("Z", "+00:00"))
               for step in execution["state"]["histories"]]
    return (moments[-1] - moments[0]).total_seconds()


def at_rate(server: Server, flow: str, rate: float, seconds: float, body=b"{}"):
    """(request times, execution times, server CPU seconds each, lateness of the client itself)."""
    count = int(rate * seconds)
    requests, ids, late = [0.0] * count, [""] * count, [0.0] * count
    begin = time.perf_counter() + 0.05

    def one(number: int):
        due = begin + number / rate
        while (left := due - time.perf_counter()) > 0:
            time.sleep(min(left, 0.005))
        sent = time.perf_counter()
        late[number] = sent - due
        ids[number] = server.call(flow, body)
        requests[number] = time.perf_counter() - sent

    cpu = server.cpu()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(count)))
    executions = [server.wait(execution) for execution in ids]
    return requests, [length_of(e) for e in executions], (server.cpu() - cpu) / count, late


def say_rate(name: str, measured, floor: float):
    requests, lengths, cpu, late = measured
    say_ratio(f"{name}: execution p50 (floor: two appends)", percentile(lengths, 0.5) * 1e3, 2 * floor * 1e3, "ms")
    print(f"  execution p95 {percentile(lengths, 0.95) * 1e3:.2f} ms, p99 {percentile(lengths, 0.99) * 1e3:.2f} ms; "
          f"request p50 {percentile(requests, 0.5) * 1e3:.2f} ms, p99 {percentile(requests, 0.99) * 1e3:.2f} ms; "
          f"{cpu * 1e3:.3f} ms of CPU each; the client was late by p99 {percentile(late, 0.99) * 1e3:.1f} ms")


def starts(program: Program, data: str, flows: int):
    server = Server(program, data)
    for number in range(flows):
        server.save(HOOK.format(id=f"flow{number}"))
    for flow in (ONE, PAYLOAD, WAITS):
        server.save(flow)
    server.end()
    times = []
    for _ in range(5):
        server = Server(program, data)
        server.wait(server.call("flow7"))
        times.append(time.perf_counter() - server.begin)
        server.end()
    begin = time.perf_counter()
    subprocess.run([str(program.outlay), "--version"], check=True, stdout=subprocess.DEVNULL)
    say_ratio(f"start to first finished run, {flows} flows (--version)", median(times), time.perf_counter() - begin)


def processes(server: Server, command: list, count: int):
    shell = " ".join(command)
    flow = f"run_{command[0]}"
    server.save(PROCESSES % (command[0], ", ".join(map(str, range(count))), shell))
    server.wait(server.call(flow))
    ratios, shares = [], []
    cpu = server.cpu()
    for _ in range(3):
        begin = time.perf_counter()
        for _ in range(count):
            subprocess.run(["/bin/sh", "-c", shell], check=True, stdout=subprocess.DEVNULL)
        bare = time.perf_counter() - begin
        length = length_of(server.wait(server.call(flow), 0.2))
        ratios.append(length / bare)
        shares.append((length - bare) / count * 1e3)
    print(f"{count} process tasks `{command[0]}`: {median(ratios):.2f} x a bare loop of the same shells; "
          f"the engine's share {median(shares):.2f} ms each, its CPU {(server.cpu() - cpu) / 3 / count * 1e3:.2f} ms")


def restart(program: Program, server: Server, data: str, count: int) -> Server:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: server.call("waits"), range(count)))
    server.end(signal.SIGKILL)
    server = Server(program, data)
    server.wait(server.call("one"))
    print(f"restart after kill -9 with {count} executions that wait, to the end of a new one: "
          f"{time.perf_counter() - server.begin:.3f} s; {server.cpu():.3f} s of CPU, "
          f"{megabytes(server.status('VmRSS'))} resident")
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", default="build/release")
    parser.add_argument("--flows", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--scratch", default=None, help="folder on the disk to measure")
    options = parser.parse_args()
    program = Program(options.build)
    with tempfile.TemporaryDirectory(dir=options.scratch) as data:
        starts(program, data, options.flows)
        server = Server(program, data)
        time.sleep(2)
        idle = server.cpu()
        time.sleep(5)
        print(f"idle with {options.flows} flows: {megabytes(server.status('VmRSS'))} resident, "
              f"{(server.cpu() - idle) / 5 * 100:.2f} % of a core")
        floor = append_floor(data)
        at_rate(server, "one", 100, 1)
        say_rate(f"one task, {options.rate:.0f}/s", at_rate(server, "one", options.rate, options.seconds), floor)
        body = json.dumps({"items": [{"name": f"name{n}", "text": "x" * 140} for n in range(1000)]}).encode()
        say_rate(f"payload of {len(body) / 1e3:.0f} kB, 1,000/min",
                 at_rate(server, "payload", 1000 / 60, options.seconds, body), floor)
        processes(server, ["true"], 40)
        processes(server, ["python3", "-c", "'print(55)'"], 40)
        server = restart(program, server, data, options.waiting)
        server.end()


if __name__ == "__main__":
    main()
