"""What is loaded before the first request: no decoder, no drawing, no server, none of them needed by then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

HEAVY = "s3fs botocore av numpy cv2 starlette uvicorn hypothesis runner.service.service runner.animatic.render"
SCRIPT = f"""
import sys
from runner.cli.main import main
code = main(["run", "m.yaml", "--dry-run"])
print("loaded:", code, sorted(set({HEAVY.split()!r}) & set(sys.modules)))
"""
MANIFEST = """
version: 1
name: m
provider: minimax
items: [{portrait: anna.png, prompt: She smiles.}]
"""


def test_a_run_at_a_provider_loads_nothing_heavy_before_it_has_a_video(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MANIFEST, encoding="utf-8")
    Image.new("RGB", (320, 400), "olive").save(tmp_path / "anna.png")
    environ = {**os.environ, "MINIMAX_API_KEY": "any", "PYTHONPATH": str(Path(__file__).parents[2])}

    said = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )

    assert "loaded: 0 []" in said.stdout


def test_a_request_to_a_server_that_no_proxy_stands_before_needs_no_httpx() -> None:
    script = """
import sys
from runner.edge.wire.transport import towards, trust
towards("https://api.minimax.io", timeout_s=1.0)
trust()
print("loaded:", {"httpx", "httpcore"} & set(sys.modules))
"""
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environ |= {"S2V_TRANSPORT": "httpx", "PYTHONPATH": str(Path(__file__).parents[2])}

    said = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)

    assert "loaded: {'httpcore'}" in said.stdout
