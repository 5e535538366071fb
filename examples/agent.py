"""Counts the messages that it receives. Start it with `python3 agent.py`; its address is http://127.0.0.1:4567/"""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def register(params):
    return {"name": "PythonCounterAgent", "display_name": "Counter in Python", "default_options": {"step": 1},
            "description": "Counts messages by `step`, and emits the count."}


def receive(params):
    count = params["memory"].get("count", 0) + params["options"].get("step", 1)
    return {"memory": {"count": count}, "messages": [{"count": count, "seen": params["message"]["payload"]}]}


def check(params):
    return {"logs": [f"The count is {params['memory'].get('count', 0)}."]}


class Agent(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # the answer leaves in one piece

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = {"register": register, "receive": receive, "check": check}[call["method"]]
        answer = json.dumps({"result": method(call["params"])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 4567))), Agent).serve_forever()
