"""A store that speaks S3, and knows nobody's credentials but its own."""

import os
from collections.abc import Iterator
from importlib import import_module

import pytest
from moto.server import ThreadedMotoServer
from s3_store import KEY_ID, SECRET, Store


@pytest.fixture(scope="session")
def running_store() -> Iterator[Store]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield Store(server)
    server.stop()


@pytest.fixture(scope="session")
def loader() -> object:
    """What reads the descriptions of services, and keeps them."""
    made: object = import_module("botocore.loaders").create_loader()
    return made


@pytest.fixture
def store(running_store: Store, loader: object, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with an empty bucket, which is all that this process knows of S3."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FSSPEC_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": running_store.endpoint,
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("fsspec.config.conf", {})
    # Reading the description of S3 takes most of the time that a client takes to be made.
    monkeypatch.setattr("botocore.session.create_loader", lambda _paths: loader)
    running_store.client = import_module("botocore.session").Session().create_client("s3")
    running_store.reset()
    return running_store
