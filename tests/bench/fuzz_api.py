"""Runs schemathesis against `s2v serve`, by the service's own OpenAPI document and by MiniMax's, word for word.

schemathesis brings thirty packages and needs three minutes, so it is no part of the test extra; the tests hold the same
claims by Hypothesis (tests/service/test_service_openapi.py). To run it, from the root of the repository:

    python -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install schemathesis
    .venv/bin/python tests/bench/fuzz_api.py /tmp/fuzz/bin/schemathesis

Checked are: no 5xx, and no status, content type or body that the documents do not describe. Not checked is whether
wrong keys and wrong fields are refused by HTTP status, because MiniMax refuses them inside HTTP 200.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
KEY = "fuzz"


def main(schemathesis: str) -> int:
    with tempfile.TemporaryDirectory() as name:
        keys = Path(name) / "keys"
        keys.write_text(f"{KEY}\n")
        command = [sys.executable, "-m", "runner", "serve", "--port", "0", "--render", "tiny"]
        with subprocess.Popen(
            [*command, "--folder", name, "--keys", str(keys)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout is not None
            base = server.stdout.readline().strip()
            try:
                codes = [fuzz(schemathesis, base, document) for document in documents(base)]
            finally:
                server.terminate()
            return max(*codes, server.wait(timeout=20))


def documents(base: str) -> list[str]:
    return [f"{base}/openapi.json", str(ROOT / "tests/service/pages/minimax-openapi.yaml")]


def fuzz(schemathesis: str, base: str, document: str) -> int:
    command = [schemathesis, "run", document, "--url", base, "--header", f"Authorization: Bearer {KEY}"]
    return subprocess.run([*command, "--checks", CHECKS, "--max-examples", "100"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
