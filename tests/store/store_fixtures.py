"""One object store for all tests, reached by way of bad days, and a prefix of its own for each of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bad_days import Days, bad_days
from desk import ROOT, Desk, Done
from warm_start import WarmStart, warm_start

from runner.edge.store.bucket import Bucket, opened
from runner.model import Destination


@dataclass(frozen=True)
class ObjectStore:
    """A real store: what is in it is asked past all bad days."""

    url: str
    key: str
    secret: str
    bucket: str
    client: Any

    def environ(self, url: str, **more: str) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", **more,
        }  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One prefix in the store, and the way to it."""

    store: ObjectStore
    days: Days
    destination: Destination

    @property
    def url(self) -> str:
        return str(self.destination)

    @property
    def prefix(self) -> str:
        return f"{self.destination.prefix}/"

    @property
    def environ(self) -> dict[str, str]:
        return self.store.environ(self.days.url)

    def there(self) -> list[str]:
        found = self.store.client.list_objects_v2(Bucket=self.destination.bucket, Prefix=self.prefix)
        return [each["Key"].removeprefix(self.prefix) for each in found.get("Contents", [])]

    def body(self, key: str) -> bytes:
        found = self.store.client.get_object(Bucket=self.destination.bucket, Key=f"{self.prefix}{key}")
        body: bytes = found["Body"].read()
        return body

    def put(self, key: str, body: bytes) -> None:
        self.store.client.put_object(Bucket=self.destination.bucket, Key=f"{self.prefix}{key}", Body=body)

    def delete(self, key: str) -> None:
        self.store.client.delete_object(Bucket=self.destination.bucket, Key=f"{self.prefix}{key}")

    def unfinished(self) -> int:
        found = self.store.client.list_multipart_uploads(Bucket=self.destination.bucket, Prefix=self.prefix)
        return len(found.get("Uploads", []))


def manifest(shipper: Desk, place: Place, *prompts: str, **keys: Any) -> Path:
    return shipper.manifest(list(prompts or ["one", "two"]), output={"dir": place.url}, **keys)


def s2v(shipper: Desk, place: Place, *args: object, **environ: str) -> Done:
    settings = {name: value for name, value in {**place.environ, **environ}.items() if value}
    done = shipper.s2v(*args, **settings)
    assert place.store.secret not in done.out + done.err
    return done


def videos(*names: str) -> list[str]:
    return sorted(f"videos/{name}.{suffix}" for name in names for suffix in ("mp4", "json"))


def films(place: Place) -> list[str]:
    return [key for key in place.there() if key.startswith("videos/")]


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    import boto3  # noqa: PLC0415 - most sessions of tests need no store

    script = Path(__file__).with_name("moto_child.py")
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url, key, secret, bucket = process.stdout.readline().split()
        client = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1"
        )
        yield ObjectStore(url, key, secret, bucket, client)
        client.close()
        process.communicate()


@pytest.fixture
def place(object_store: ObjectStore, tmp_path: Path) -> Iterator[Place]:
    with bad_days(object_store.url) as days:
        yield Place(object_store, days, Destination(bucket=object_store.bucket, prefix=f"sets/{tmp_path.name}"))


@pytest.fixture
def bucket(place: Place) -> Iterator[Bucket]:
    with opened(place.destination, place.environ) as bucket:
        yield bucket


@pytest.fixture(scope="session")
def warm_store() -> Iterator[WarmStart]:
    with warm_start(ROOT, "s3fs") as start:
        yield start


@pytest.fixture
def shipper(tmp_path: Path, provider: tuple[str, Path], warm_store: WarmStart) -> Desk:
    """A desk whose commands begin with the store's libraries loaded, which is most of what they take."""
    return Desk(tmp_path, *provider, warm_store)
