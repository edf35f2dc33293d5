"""Puts one file under a name that is to be free, until it is done or killed: python put_child.py BUCKET PREFIX FILE."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from runner.edge.disk.digest import digest_of
from runner.edge.store.bucket import opened
from runner.model import Destination

if __name__ == "__main__":
    with opened(Destination(bucket=sys.argv[1], prefix=sys.argv[2]), os.environ) as bucket:
        path = Path(sys.argv[3])
        bucket.put_new(path, "videos/a.mp4", sha256=digest_of(path))
