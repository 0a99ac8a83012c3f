# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module that builds a verified distribution on the control node."""

from __future__ import annotations

import errno
import functools
import hashlib
import http.server
import json
import os
import pathlib
import tarfile
import textwrap
import threading
import time
import zipfile

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.rocketmq.cluster.plugins.modules import distribution

JARS = {"rocketmq-broker-9.jar": b"broker" * 100, "a.jar": b"a", "netty.jar": b"netty" * 1000}
LOCK = {name: hashlib.sha256(content).hexdigest() for name, content in JARS.items()}
VERSION = "9.9.9"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def run(cache, capsys):
    """Run the module; its result, or its message under ``msg`` with ``failed``."""

    def call(check=False, **arguments):
        given = {"version": VERSION, "cache_dir": str(cache), "attempts": 1, "_ansible_check_mode": check}
        with patch_module_args({**given, **arguments}), pytest.raises(SystemExit):
            distribution.main()
        return json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def release(tmp_path):
    """A binary release as a zip, with everything that is not wanted around its jars."""
    return make_zip(tmp_path / "rocketmq-all-9.9.9-bin-release.zip")


def make_zip(path, top="rocketmq-all-9.9.9-bin-release/", jars=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{top}conf/broker.conf", "x")
        archive.writestr(f"{top}bin/mqadmin", "x")
        archive.writestr(f"{top}benchmark/lib/other.jar", "x")
        for name, content in (JARS if jars is None else jars).items():
            archive.writestr(f"{top}lib/{name}", content)
        archive.writestr(f"{top}lib/README", "x")
    return path


def gpg_print_md(path):
    digits = hashlib.sha512(path.read_bytes()).hexdigest().upper()
    words = " ".join(digits[start : start + 8] for start in range(0, 128, 8))
    return f"{path.name}: " + f"\n{' ' * len(path.name)}  ".join(textwrap.wrap(words, 60)) + "\n"


def sha512sum(path):
    return f"{hashlib.sha512(path.read_bytes()).hexdigest()}  {path.name}\n"


def beside(path, text):
    target = path.with_name(path.name + ".sha512")
    target.write_text(text)
    return target


def flip(path):
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def content_of(tar):
    with tarfile.open(tar) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def left_over(cache):
    return [path.name for path in cache.iterdir() if path.name.startswith(".")]


@pytest.fixture
def web(tmp_path):
    """A folder that is served on loopback, and what to do instead of serving a path."""
    folder = tmp_path / "web"
    folder.mkdir()
    special = {}
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path in special:
                special[self.path](self)
            else:
                super().do_GET()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.folder, server.special, server.asked = folder, special, asked
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def maven(tmp_path):
    """A maven that copies prepared jars and keeps the project it was given."""
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    for name, content in JARS.items():
        (prepared / name).write_bytes(content)
    command = tmp_path / "fake-mvn"
    command.write_text(
        "#!/bin/sh\n"
        f"cp pom.xml {tmp_path}/seen.xml\n"
        "for a; do case $a in -DoutputDirectory=*) out=${a#*=};; esac; done\n"
        f'cp {prepared}/* "$out"\n'
    )
    command.chmod(0o755)
    return {"source": "maven", "maven_command": str(command), "jars": LOCK}


# What comes out


@pytest.mark.parametrize("top", ["rocketmq-9.9.9/", "rocketmq-all-9.9.9-bin-release/", "", "a/b/"])
def test_the_top_folder_of_the_zip_does_not_matter(run, tmp_path, top):
    archive = make_zip(tmp_path / "x.zip", top)
    beside(archive, sha512sum(archive))
    result = run(source="file", file=str(archive))
    assert result["changed"]
    assert result["jars"] == 3
    assert set(content_of(result["tar"])) == {"lib/SHA256SUMS", *(f"lib/{name}" for name in JARS)}


def test_all_sources_make_the_same_bytes(run, release, maven, web, tmp_path):
    (web.folder / release.name).write_bytes(release.read_bytes())
    beside(web.folder / release.name, gpg_print_md(release))
    beside(release, sha512sum(release))
    from_file = run(source="file", file=str(release))
    from_url = run(source="archive", url=f"{web.url}/{release.name}")
    from_maven = run(**maven)
    assert from_file["sha256"] == from_url["sha256"] == from_maven["sha256"]
    assert from_file["sha256"] == hashlib.sha256(pathlib.Path(from_file["tar"]).read_bytes()).hexdigest()


def test_the_list_of_digests_is_the_last_member_and_true(run, maven):
    tar = run(**maven)["tar"]
    with tarfile.open(tar) as archive:
        members = archive.getmembers()
    names = [member.name for member in members]
    assert names == ["lib", "lib/a.jar", "lib/netty.jar", "lib/rocketmq-broker-9.jar", "lib/SHA256SUMS"]
    assert {(member.mtime, member.uid, member.gid) for member in members} == {(0, 0, 0)}
    sums = content_of(tar)["lib/SHA256SUMS"].decode()
    assert sums == "".join(f"{LOCK[name]}  {name}\n" for name in sorted(LOCK))


def test_maven_gets_a_project_of_the_release(run, maven, tmp_path):
    run(**maven, modules=["broker", "proxy"])
    seen = (tmp_path / "seen.xml").read_text()
    assert "<artifactId>rocketmq-proxy</artifactId><version>9.9.9</version>" in seen
    assert "rocketmq-tools" not in seen


def test_a_second_run_does_nothing_and_asks_nobody(run, release, web):
    (web.folder / release.name).write_bytes(release.read_bytes())
    beside(web.folder / release.name, gpg_print_md(release))
    first = run(source="archive", url=f"{web.url}/{release.name}")
    asked = list(web.asked)
    second = run(source="archive", url=f"{web.url}/{release.name}")
    assert (first["changed"], second["changed"]) == (True, False)
    assert web.asked == asked
    assert second == {**first, "changed": False}


def test_check_mode_builds_nothing_and_says_so(run, cache, maven):
    result = run(check=True, **maven)
    assert result["changed"]
    assert not result["present"]
    assert not cache.exists()
    built = run(**maven)
    again = run(check=True, **maven)
    assert again["tar"] == built["tar"] == result["tar"]
    assert again["present"]
    assert not again["changed"]


def test_a_tar_without_its_digest_is_built_again(run, maven):
    first = run(**maven)
    pathlib.Path(first["tar"] + ".sha256").unlink()
    assert run(**maven) == first


# Digests


@pytest.mark.parametrize("form", [gpg_print_md, sha512sum, lambda path: sha512sum(path).split()[0]])
def test_published_digests_are_understood(form, release):
    assert distribution.parse_sha512(form(release)) == hashlib.sha512(release.read_bytes()).hexdigest()


@pytest.mark.parametrize("text", ["", "<html>", "a" * 127, "x.zip: " + "AB " * 63, "d" * 64 + "  x.zip"])
def test_an_unknown_format_of_the_digest_is_refused(run, release, text):
    beside(release, text)
    result = run(source="file", file=str(release))
    assert result["failed"]
    assert "not one SHA-512" in result["msg"]
    assert "rocketmq_archive_sha512" in result["msg"]


def test_the_given_digest_wins_over_the_published_one(run, release):
    beside(release, "b" * 128)
    given = hashlib.sha512(release.read_bytes()).hexdigest()
    assert run(source="file", file=str(release), sha512=given)["changed"]
    result = run(source="file", file=str(release), sha512="c" * 128)
    assert "c" * 128 in result["msg"]


def test_a_file_without_any_digest_is_refused(run, release):
    result = run(source="file", file=str(release))
    assert result["failed"]
    assert "rocketmq_archive_sha512" in result["msg"]


# One flipped bit


def test_a_changed_zip_is_refused(run, cache, release):
    beside(release, gpg_print_md(release))
    expected = hashlib.sha512(release.read_bytes()).hexdigest()
    flip(release)
    got = hashlib.sha512(release.read_bytes()).hexdigest()
    result = run(source="file", file=str(release))
    assert result["failed"]
    for part in (str(release), expected, got, "Download it again"):
        assert part in result["msg"]
    assert list(cache.iterdir()) == []


def test_a_changed_jar_is_refused(run, cache, maven, tmp_path):
    flip(tmp_path / "prepared" / "netty.jar")
    result = run(**maven)
    assert result["failed"]
    for part in ("netty.jar", LOCK["netty.jar"], "local repository"):
        assert part in result["msg"]
    assert list(cache.iterdir()) == []


def test_a_changed_tar_in_the_cache_is_refused(run, maven):
    tar = pathlib.Path(run(**maven)["tar"])
    flip(tar)
    result = run(**maven)
    assert result["failed"]
    assert f"{tar} has SHA-256" in result["msg"]
    assert "Remove it" in result["msg"]
    tar.unlink()
    assert run(**maven)["changed"]


def test_a_jar_that_nobody_locked_is_refused(run, maven, tmp_path):
    (tmp_path / "prepared" / "evil.jar").write_bytes(b"x")
    assert "evil.jar is not in the lock" in run(**maven)["msg"]


def test_a_missing_jar_is_refused(run, maven, tmp_path):
    (tmp_path / "prepared" / "a.jar").unlink()
    assert "resolved no a.jar" in run(**maven)["msg"]


# What the network and the control node do


def test_an_error_page_is_no_zip(run, web, release):
    (web.folder / release.name).write_text("<!DOCTYPE html><title>Please log in</title>")
    result = run(source="archive", url=f"{web.url}/{release.name}", sha512="a" * 128)
    assert result["failed"]
    assert "not a zip archive" in result["msg"]
    assert "<!DOCTYPE html>" in result["msg"]


def test_a_missing_page_is_named(run, web):
    result = run(source="archive", url=f"{web.url}/x.zip", sha512="a" * 128)
    assert f"{web.url}/x.zip answers with HTTP status 404" in result["msg"]


def truncated(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"PK" + b"x" * 1000)


def test_a_download_that_breaks_off_is_named_and_leaves_nothing(run, web, cache):
    web.special["/x.zip"] = truncated
    result = run(source="archive", url=f"{web.url}/x.zip", sha512="a" * 128)
    assert result["failed"]
    assert "/x.zip" in result["msg"]
    assert "1002" in result["msg"]
    assert left_over(cache) == []


def test_what_may_pass_is_tried_again_a_bounded_number_of_times(web, tmp_path):
    web.special["/x.zip"] = lambda handler: handler.send_error(503)
    pauses = []
    download = distribution.Download(timeout=5, attempts=3, pause=pauses.append)
    with pytest.raises(distribution.Refused, match=r"tried 3 times: HTTP status 503"):
        download.to(f"{web.url}/x.zip", tmp_path / "x.zip")
    assert len(web.asked) == 3
    assert len(pauses) == 2


def test_a_retry_starts_from_the_first_byte(web, tmp_path):
    def once(handler):
        del web.special["/x.txt"]
        truncated(handler)

    web.special["/x.txt"] = once
    (web.folder / "x.txt").write_text("whole")
    target = tmp_path / "x"
    distribution.Download(timeout=5, attempts=2, pause=lambda seconds: None).to(f"{web.url}/x.txt", target)
    assert target.read_text() == "whole"


def test_a_server_that_is_not_there_is_named(run):
    result = run(source="archive", url="http://127.0.0.1:9/x.zip", sha512="a" * 128)
    assert "http://127.0.0.1:9/x.zip could not be read" in result["msg"]


def test_a_missing_maven_names_the_way_out(run, maven):
    result = run(**{**maven, "maven_command": "no-such-mvn"})
    assert result["failed"]
    for part in ("no-such-mvn", "rocketmq_install_source", "rocketmq_maven_command"):
        assert part in result["msg"]


def test_a_failing_maven_shows_its_last_lines(run, cache, maven, tmp_path):
    (tmp_path / "fake-mvn").write_text("#!/bin/sh\nseq 1 100\necho 'Could not transfer artifact' >&2\nexit 1\n")
    result = run(**maven)
    assert "status 1" in result["msg"]
    assert "Could not transfer artifact" in result["msg"]
    assert "\n50\n" not in result["msg"]
    assert list(cache.iterdir()) == []


def test_a_full_disk_is_said_and_leaves_nothing(run, cache, maven, monkeypatch):
    def full(jars, target):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr(distribution, "write_tar", full)
    result = run(**maven)
    assert result["failed"]
    assert "no room" in result["msg"]
    assert "rocketmq_cache_dir" in result["msg"]
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        ({"source": "archive"}, "rocketmq_archive_url"),
        ({"source": "file"}, "rocketmq_archive_file"),
        ({"source": "maven"}, "no lock"),
        ({"source": "file", "file": "/nowhere.zip", "sha512": "abc"}, "rocketmq_archive_sha512"),
        ({"source": "file", "file": "/nowhere.zip", "sha512": "a" * 128}, "rocketmq_archive_file"),
    ],
)
def test_what_is_missing_is_named(run, arguments, variable):
    result = run(**arguments)
    assert result["failed"]
    assert variable in result["msg"]


def test_a_source_release_has_no_jars(run, tmp_path):
    archive = tmp_path / "source.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("rocketmq-all-9.9.9-source-release/pom.xml", "x")
    beside(archive, sha512sum(archive))
    assert "not the source" in run(source="file", file=str(archive))["msg"]


def test_what_a_killed_run_left_is_removed_after_a_day(run, cache, maven):
    old, young = cache / ".building-old", cache / ".building-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 90000,) * 2)
    run(**maven)
    assert left_over(cache) == [".building-young"]
