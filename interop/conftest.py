"""Fixtures: running studios. `make` builds the binary first; `STUDIO_BIN` names another one."""

import pytest
from runpod_recorder import RunpodRecorder
from studio import BINARY, Studio


@pytest.fixture(scope="session")
def studio_factory(tmp_path_factory):
    """Makes started studios: `studio_factory(VARIABLE="value", …)`; all of them end with the session."""
    if not BINARY.exists():
        pytest.fail(f"{BINARY} is not there. Build it first: cargo build --features ssr", pytrace=False)
    made = []

    def make(folder=None, **variables):
        root = tmp_path_factory.mktemp("studio")
        studio = Studio(folder or root / "folder", root / "state", **variables)
        made.append(studio)
        return studio.start()

    yield make
    for studio in made:
        studio.kill()


@pytest.fixture(scope="session")
def studio(studio_factory):
    """The studio whose embedded S3 and local endpoint the official clients are tried against."""
    return studio_factory()


@pytest.fixture(scope="session")
def studio_env(studio):
    return studio.env()


@pytest.fixture(scope="module")
def recorder():
    """A RunPod that writes down what it is sent."""
    recorder = RunpodRecorder()
    yield recorder
    recorder.close()
