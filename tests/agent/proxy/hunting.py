"""An agent that looks for the key wherever a command can look, and asks the key proxy for what it must not give."""

import json
from typing import Any, Final

from tests.agent.proxy.conftest import KEY
from tests.agent.running import Record

# hunt.py URL TOKEN PATH [memory] [forever]: changes a.py, prints what it found as one line of JSON
HUNT: Final = """
import glob, json, os, re, sys, urllib.error, urllib.request

url, token, path, *how = sys.argv[1:]
KEY = b"sk-real-" + b"0123456789abcdef"
open("a.py", "w").write("x = 2\\n")


def ask(path=path, shown=token, base=url, **headers):
    body = json.dumps({"model": "claude-test", "max_tokens": 100}).encode()
    request = urllib.request.Request(base + path, body, {"x-api-key": shown, "content-type": "application/json", **headers})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.status, answer.read().decode() + str(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode() + str(error.headers)


while "forever" in how:
    try:
        ask()
    except OSError:
        pass


def places():
    for pattern in ("environ", "cmdline"):
        yield from glob.glob(f"/proc/[0-9]*/{pattern}")
    for top in (os.path.dirname(os.getcwd()), os.path.expanduser("~"), os.environ.get("AIDEATOR_CHANNEL", "/nowhere"), "/private", "/spec"):
        for folder, _, names in os.walk(top):
            yield from (os.path.join(folder, name) for name in names)


def memory():
    for maps in glob.glob("/proc/[0-9]*/maps") if "memory" in how else []:
        pid = maps.split("/")[2]
        if int(pid) == os.getpid():
            continue
        with open(maps) as lines, open(f"/proc/{pid}/mem", "rb", 0) as file:
            for line in lines:
                start, end = (int(n, 16) for n in line.split()[0].split("-"))
                if " rw" in line and end - start < 1 << 26:
                    file.seek(start)
                    yield f"{pid}'s memory", file.read(end - start)


def texts():
    for place in places():
        if os.path.isfile(place):
            try:
                with open(place, "rb") as file:
                    yield place, file.read(1 << 22)
            except OSError:
                pass
    try:
        yield from memory()
    except OSError:
        pass


def writable(folder):
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        try:
            if os.path.isfile(path):
                open(path, "ab").close()
                yield path
        except OSError:
            pass


hits, control = [], False
for place, text in texts():
    control = control or token.encode() in text
    if KEY in text:
        hits.append(place)
code, answer = ask()
asked = {
    "token": code,
    "no token": ask(shown="guess")[0],
    "files": ask("/v1/files")[0],
    "elsewhere": ask(Host="evil.example")[0],
    "key": ask(shown=KEY.decode())[0],
}
hits += ["an answer"] if KEY.decode() in answer else []
written = list(writable(os.environ.get("AIDEATOR_CHANNEL", "/nowhere")))
print("HUNT " + json.dumps({"key": hits, "control": control, "asked": asked, "answer": answer[:300], "written": written}))
"""


def expect_no_key(record: Record) -> dict[str, Any]:
    """What the hunter found."""
    assert KEY.encode() not in b"".join(record.lines)
    hunted = _found(record.text("say"))
    assert hunted["key"] == []
    assert hunted["control"], "the hunt sees nothing at all"
    assert hunted["asked"] == {"token": 200, "no token": 401, "files": 404, "elsewhere": 400, "key": 401}
    assert "[redacted]" in hunted["answer"]
    return hunted


def _found(said: str) -> dict[str, Any]:
    line = next(line for line in said.splitlines() if line.startswith("HUNT "))
    hunted: dict[str, Any] = json.loads(line.removeprefix("HUNT "))
    return hunted
