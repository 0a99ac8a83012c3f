# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The console's jar: from a file, a download, an image; never without its digest."""

from __future__ import annotations

import functools
import hashlib
import http.server
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.modules import dashboard_jar
from module_runner import Runner

JAR = b"PK console " * 1000
SHA256 = hashlib.sha256(JAR).hexdigest()
# A container engine with one image, whose jar lies beside this script.
ENGINE = """#!/bin/sh
echo "$@" >> "$0.log"
case "$1" in
  image) [ -e "$0.pulled" ] || exit 1; echo '%s ["sh"]' ;;
  pull) touch "$0.pulled" ;;
  create) echo c0ffee ;;
  cp) [ "$2" = "c0ffee:/console.jar" ] || { echo "no such file $2" >&2; exit 1; }; cp "$0.jar" "$3" ;;
  rm) [ "$2" = c0ffee ] ;;
esac
"""


@pytest.fixture
def jar(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "console.jar"
    path.write_bytes(JAR)
    return path


@pytest.fixture
def fetch(tmp_path: pathlib.Path, run: Runner) -> Any:
    return functools.partial(run, dashboard_jar, cache_dir=str(tmp_path / "cache"))


@pytest.fixture
def engine(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "engine"
    path.write_text(ENGINE % '["java", "-jar", "/console.jar"]')
    path.chmod(0o755)
    (tmp_path / "engine.jar").write_bytes(JAR)
    return path


@pytest.fixture
def url(jar: pathlib.Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(jar.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/console.jar"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_file_is_used_where_it_is(fetch: Any, jar: pathlib.Path, check_mode: bool) -> None:
    result = fetch(source="file", file=str(jar), sha256=SHA256, check_mode=check_mode)
    assert (result["failed"], result["changed"], result["path"]) == (False, False, str(jar))


def test_a_file_that_is_not_there(fetch: Any, tmp_path: pathlib.Path) -> None:
    result = fetch(source="file", file=str(tmp_path / "none.jar"), sha256=SHA256)
    assert "none.jar is not there" in result["msg"]
    assert "rocketmq_dashboard_file" in result["msg"]


def test_one_flipped_byte_is_refused(fetch: Any, jar: pathlib.Path) -> None:
    jar.write_bytes(JAR[:-1] + b"!")
    result = fetch(source="file", file=str(jar), sha256=SHA256)
    assert result["failed"]
    assert f"expected {SHA256}" in result["msg"]
    assert "rocketmq_dashboard_sha256" in result["msg"]


def test_a_download_is_kept_and_asked_for_once(fetch: Any, url: str, jar: pathlib.Path) -> None:
    first = fetch(source="url", url=url, sha256=SHA256)
    jar.unlink()
    second = fetch(source="url", url=url, sha256=SHA256)
    assert (first["changed"], second["changed"]) == (True, False)
    assert pathlib.Path(second["path"]).read_bytes() == JAR


def test_a_wrong_download_leaves_nothing(fetch: Any, url: str, jar: pathlib.Path, tmp_path: pathlib.Path) -> None:
    jar.write_bytes(b"<html>log in</html>")
    result = fetch(source="url", url=url, sha256=SHA256)
    assert f"expected {SHA256}" in result["msg"]
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_changed_cache_is_refused(fetch: Any, url: str) -> None:
    path = pathlib.Path(fetch(source="url", url=url, sha256=SHA256)["path"])
    path.write_bytes(b"x")
    assert "has SHA-256" in fetch(source="url", url=url, sha256=SHA256)["msg"]


def test_an_image_is_pulled_and_its_jar_copied_out(fetch: Any, engine: pathlib.Path) -> None:
    result = fetch(source="image", image="console:2", container_command=str(engine), sha256=SHA256)
    assert not result["failed"], result
    assert pathlib.Path(result["path"]).read_bytes() == JAR
    log = pathlib.Path(f"{engine}.log").read_text().splitlines()
    assert log[-1] == "rm c0ffee"
    assert not [line for line in log if line.startswith(("run", "start"))]


def test_the_container_goes_also_when_the_jar_is_not_in_it(fetch: Any, engine: pathlib.Path) -> None:
    result = fetch(source="image", image="c:2", image_jar="/x.jar", container_command=str(engine), sha256=SHA256)
    assert "no such file c0ffee:/x.jar" in result["msg"]
    assert pathlib.Path(f"{engine}.log").read_text().splitlines()[-1] == "rm c0ffee"


def test_an_image_that_does_not_say_what_it_starts(fetch: Any, engine: pathlib.Path) -> None:
    engine.write_text(ENGINE % '["/entrypoint.sh"]')
    result = fetch(source="image", image="console:2", container_command=str(engine), sha256=SHA256)
    assert "rocketmq_dashboard_image_jar" in result["msg"]


def test_no_container_engine(fetch: Any) -> None:
    result = fetch(source="image", image="console:2", container_command="/none/docker", sha256=SHA256)
    assert "rocketmq_dashboard_container_command" in result["msg"]


@pytest.mark.parametrize("source", ["url", "image"])
def test_check_mode_fetches_nothing(fetch: Any, source: str, tmp_path: pathlib.Path) -> None:
    result = fetch(source=source, url="http://127.0.0.1:1/x", image="x", sha256=SHA256, check_mode=True)
    assert (result["changed"], result["path"]) == (True, "")
    assert not (tmp_path / "cache").exists()
