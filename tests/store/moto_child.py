"""An object store in a process of its own: moto's server on loopback, which checks keys, signatures and rights.

Prints its URL, a key and the secret to it, and a bucket; lives until its stdin ends.
"""

from __future__ import annotations

import json
import logging
import os
import sys

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"  # those below; from then on every request is judged

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "films"
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}]}


def serve() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    anybody = {"endpoint_url": url, "aws_access_key_id": "any", "aws_secret_access_key": "any"}
    iam = boto3.client("iam", region_name="us-east-1", **anybody)
    iam.create_user(UserName="us")
    key = iam.create_access_key(UserName="us")["AccessKey"]
    iam.put_user_policy(UserName="us", PolicyName="all", PolicyDocument=json.dumps(_ALL))
    boto3.client("s3", region_name="us-east-1", **anybody).create_bucket(Bucket=BUCKET)
    print(url, key["AccessKeyId"], key["SecretAccessKey"], BUCKET, flush=True)  # noqa: T201 - to the tests
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    serve()
