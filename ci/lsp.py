"""A client of yaml-language-server, over its standard input and output."""

import json
import subprocess
import threading
import queue
import pathlib

SETTINGS = {
    "yaml": {
        "validate": True,
        "completion": True,
        "hover": True,
        "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
    },
    "http": {},
}


class Server:
    """One server, which opens a document after another."""

    def __init__(self, command, folder):
        self.folder = pathlib.Path(folder)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.inbox = queue.Queue()
        self.last_id = 0
        self.opened = 0
        threading.Thread(target=self._read, daemon=True).start()
        root = self.folder.as_uri()
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}},
                "hover": {"contentFormat": ["markdown", "plaintext"]},
            },
        }
        self.ask("initialize", {"processId": None, "rootUri": root, "capabilities": capabilities})
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def _read(self):
        stream = self.process.stdout
        while True:
            length = None
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length is None:
                return
            self.inbox.put(json.loads(stream.read(length)))

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method, params):
        self._send({"method": method, "params": params})

    def _next(self, wanted):
        """The next message that is wanted. Whatever the server asks for is answered."""
        while True:
            message = self.inbox.get(timeout=60)
            if "id" in message and "method" in message:
                items = message.get("params", {}).get("items", [])
                result = [SETTINGS.get(item.get("section"), None) for item in items] or None
                self._send({"id": message["id"], "result": result})
            elif wanted(message):
                return message

    def ask(self, method, params):
        self.last_id += 1
        mine = self.last_id
        self._send({"id": mine, "method": method, "params": params})
        answer = self._next(lambda m: m.get("id") == mine and "method" not in m)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, text):
        """Opens a document and gives its address and what is wrong with it: line from 1, and message."""
        self.opened += 1
        uri = (self.folder / f"meshgen-{self.opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        found = self._next(lambda m: m.get("method") == "textDocument/publishDiagnostics" and m["params"]["uri"] == uri)
        return uri, [(d["range"]["start"]["line"] + 1, d["message"]) for d in found["params"]["diagnostics"]]

    def complete(self, text):
        """What is offered at `|`: label and documentation."""
        before, _, after = text.partition("|")
        uri, _ = self.open(before + after)
        position = {"line": before.count("\n"), "character": len(before.rsplit("\n", 1)[-1])}
        answer = self.ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": position})
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"]: _text(item.get("documentation")) for item in items}

    def hover(self, text):
        """What is shown at `|`."""
        before, _, after = text.partition("|")
        uri, _ = self.open(before + after)
        position = {"line": before.count("\n"), "character": len(before.rsplit("\n", 1)[-1])}
        answer = self.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
        return _text((answer or {}).get("contents"))

    def close(self):
        self.process.kill()
        self.process.wait()


def _text(documentation):
    if isinstance(documentation, dict):
        return documentation.get("value", "")
    return documentation or ""
