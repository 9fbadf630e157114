# SPDX-License-Identifier: Apache-2.0
"""One line of JSON comes in on stdin, lines of JSON go out on stdout."""
import json
import os
import sys


def say(**message):
    print(json.dumps(message), flush=True)


def main():
    request = json.loads(sys.stdin.readline())
    properties = request["properties"]
    say(log={"level": "debug", "message": "counting for " + request["context"]["executionId"]})
    words = [word for word in properties["text"].split() if len(word) >= properties["least"]]
    if not words:
        say(error="property text has no words")
        return
    path = os.path.join(request["context"]["workingDir"], "words.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(words))
    say(file={"path": "words.txt", "output": "uri"})
    say(metric={"name": "words", "type": "counter", "value": len(words)})
    say(outputs={"count": len(words)})


main()
