"""python3 build.py OUT.jar: builds the stand-in for the console, writes OUT.jar.sha256 beside it and prints the digest.

The same compiler makes the same bytes, so a repeated build changes no host.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

SOURCE = Path(__file__).resolve().with_name("ConsoleStandIn.java")
MANIFEST = "Manifest-Version: 1.0\r\nMain-Class: ConsoleStandIn\r\n\r\n"


def build(jar: Path) -> str:
    jar.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as classes:
        subprocess.run(["javac", "--release", "8", "-Xlint:-options", "-d", classes, str(SOURCE)], check=True)
        entries = [("META-INF/MANIFEST.MF", MANIFEST.encode())]
        entries += [(path.name, path.read_bytes()) for path in sorted(Path(classes).glob("*.class"))]
    fresh = jar.with_name(f"{jar.name}.new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries:
            # ZipInfo's own date is fixed (1980); writestr with a plain name would take the clock's.
            archive.writestr(zipfile.ZipInfo(name), content)
    digest = hashlib.sha256(fresh.read_bytes()).hexdigest()
    jar.with_name(f"{jar.name}.sha256").write_text(f"{digest}\n")
    fresh.rename(jar)
    return digest


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(build(Path(sys.argv[1])))
