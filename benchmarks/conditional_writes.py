"""Check that conditional writes keep a maximum with many concurrent threads, on the embedded AWS and on moto.

Every round uses a new lease in the same table. A round is broken if the granted or the stored permits exceed the
maximum, or if the two differ.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import boto3
from botocore.config import Config

from cli.embedded_aws import server
from labgrader.store import Store
from tests import aws_in_memory

ROUNDS, THREADS, TAKERS = 100, 8, 24
PART, BOUND = 30, 100
SWITCH_S = 1e-5
"""Seconds after which Python switches threads. In its default of 5 ms, moto handles a whole request."""


def broken(store: Store, name: str) -> bool:
    """Let all takers acquire permits at once; return whether the maximum was exceeded."""
    with ThreadPoolExecutor(THREADS) as pool:
        had = list(
            pool.map(lambda taker: store.acquire_permits(name, f"{taker}", PART, BOUND, 1.0, 9.0), range(TAKERS))
        )
    parts, _ = store._permits(name)
    granted = {str(taker) for taker, taken in enumerate(had) if taken}
    return PART * len(parts) > BOUND or set(parts) != granted or not granted


@contextlib.contextmanager
def on_embedded() -> Iterator[Store]:
    """Yield a store on its own embedded AWS."""
    with server.temporary() as aws:
        given: dict[str, Any] = {
            "endpoint_url": aws.endpoint,
            "region_name": server.REGION,
            "aws_access_key_id": server.ACCESS_KEY,
            "aws_secret_access_key": server.SECRET_KEY,
            "config": Config(max_pool_connections=THREADS),
        }
        s3, dynamodb = boto3.client("s3", **given), boto3.resource("dynamodb", **given)
        yield Store(s3, "bucket", aws_in_memory.create_bucket_and_table("bucket", "table", s3, dynamodb))


@contextlib.contextmanager
def on_moto(lock: AbstractContextManager[Any]) -> Iterator[Store]:
    """Yield a store on moto, where each request holds a lock."""
    with aws_in_memory.one_at_a_time(lock), aws_in_memory.empty_account():
        table = aws_in_memory.create_bucket_and_table("bucket", "table")
        yield Store(aws_in_memory.client("s3"), "bucket", table)


WORLDS: dict[str, Callable[[], AbstractContextManager[Store]]] = {
    "the embedded AWS": on_embedded,
    "moto as it is": lambda: on_moto(contextlib.nullcontext()),
    "moto in our tests": lambda: on_moto(aws_in_memory.new_lock()),
}


def main() -> None:
    """Print how many rounds exceeded the maximum."""
    print(f"{TAKERS} takers in {THREADS} threads, {PART} of {BOUND} each, {ROUNDS} rounds\n")
    print(f"{'':<20}{'broken':>8}{'seconds':>9}")
    interval = sys.getswitchinterval()
    for name, world in WORLDS.items():
        with world() as store:
            sys.setswitchinterval(SWITCH_S)
            began = time.perf_counter()
            count = sum(broken(store, f"round {number}") for number in range(ROUNDS))
            took = time.perf_counter() - began
            sys.setswitchinterval(interval)
        print(f"{name:<20}{count:>8}{took:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
