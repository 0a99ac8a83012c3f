"""What a mirror, a disk or a cable may make of a file."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

from cluster import VERSION

#: The control node's address in the hosts' network: its gateway.
GATEWAY = "198.18.72.1"
ERROR_PAGE = b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>\n"


def flip(path: Path, target: Path) -> Path:
    """A copy with one bit of one byte in the middle turned over."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
    return target


def digest(path: Path, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def release(folder: Path) -> Path:
    """A binary release like the vendor's, from the jars that the deployment took from Maven."""
    tar = min((Path.home() / ".cache/rocketmq.cluster").glob(f"rocketmq-{VERSION}-*.tar"))
    path = folder / f"rocketmq-all-{VERSION}-bin-release.zip"
    with tarfile.open(tar) as jars, zipfile.ZipFile(path, "w") as archive:
        for member in jars.getmembers():
            if member.name.endswith(".jar"):
                archive.writestr(f"{path.stem}/{member.name}", jars.extractfile(member).read())
    return path


def jdk(folder: Path) -> Path:
    """A tarball of a Java 17 runtime, made by the control node's own JDK."""
    image = folder / "jre"
    modules = ["--add-modules", "java.se,jdk.unsupported,jdk.naming.dns", "--strip-debug", "--no-man-pages"]
    subprocess.run(["jlink", *modules, "--output", str(image)], check=True, capture_output=True)
    path = folder / "jre.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        tar.add(image, arcname="jre")
    return path


def damaging_maven(folder: Path, jar: str) -> Path:
    """A Maven client behind which one jar arrives damaged."""
    path = folder / "mvn"
    path.write_text(
        f"""#!/bin/sh
mvn "$@" || exit
for word; do case $word in -DoutputDirectory=*) jar=${{word#*=}}/{jar};; esac; done
printf '\\001' | dd of="$jar" bs=1 seek=5000 conv=notrunc status=none
"""
    )
    path.chmod(0o755)
    return path


class _Mirror(http.server.SimpleHTTPRequestHandler):
    """/whole/X is the file, /half/X breaks off in its middle, /error/X is an error page with status 200."""

    def do_GET(self) -> None:
        kind, _, name = self.path.lstrip("/").partition("/")
        path = Path(self.directory, name)
        content = ERROR_PAGE if kind == "error" else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content[: len(content) // 2] if kind == "half" else content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Not between the tests' own lines."""


@contextlib.contextmanager
def mirror(folder: Path) -> Iterator[str]:
    """Serves the folder to the control node and to the hosts."""
    handler = functools.partial(_Mirror, directory=str(folder))
    with http.server.ThreadingHTTPServer((GATEWAY, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{GATEWAY}:{server.server_port}"
        finally:
            server.shutdown()
