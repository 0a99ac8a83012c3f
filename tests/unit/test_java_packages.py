# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package that the role rocketmq_java installs, and where it expects the JDK, by the facts of a host."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _live

VARIABLES = pathlib.Path(__file__).parents[2] / "roles/rocketmq_java/vars/main.yml"
JDK = {"source": "package", "package": "", "home": "", "file": "", "url": "", "sha256": ""}


def choice(family: str, architecture: str, major: int, **jdk: Any) -> tuple[str, str]:
    """Package and folder, as Ansible evaluates the variables of the role."""
    loader = DataLoader()
    own = loader.load_from_file(str(VARIABLES), trusted_as_template=True)
    facts = {"os_family": family, "architecture": architecture}
    jdk = {**JDK, "major": major, **jdk}
    templar = Templar(loader=loader, variables={**own, "ansible_facts": facts, "rocketmq_java_jdk": jdk})
    package, home = (templar.template(own[name]) for name in ("__rocketmq_java_package", "__rocketmq_java_home"))
    return package, home


@pytest.mark.parametrize(
    ("family", "architecture", "major", "package", "home"),
    [
        # Debian and Ubuntu.
        ("Debian", "x86_64", 17, "openjdk-17-jre-headless", "/usr/lib/jvm/java-17-openjdk-amd64"),
        ("Debian", "aarch64", 21, "openjdk-21-jre-headless", "/usr/lib/jvm/java-21-openjdk-arm64"),
        ("Debian", "s390x", 8, "openjdk-8-jre-headless", "/usr/lib/jvm/java-8-openjdk-s390x"),
        # Red Hat Enterprise Linux, CentOS Stream, Rocky, AlmaLinux, Fedora.
        ("RedHat", "x86_64", 17, "java-17-openjdk-headless", "/usr/lib/jvm/jre-17-openjdk"),
        ("RedHat", "aarch64", 8, "java-1.8.0-openjdk-headless", "/usr/lib/jvm/jre-1.8.0-openjdk"),
    ],
)
def test_the_package_of_a_family(family: str, architecture: str, major: int, package: str, home: str) -> None:
    assert choice(family, architecture, major) == (package, home)


def test_a_package_that_was_named_wins_in_every_family() -> None:
    for family in (*_live.JAVA_FAMILIES, "Suse"):
        assert choice(family, "x86_64", 17, package="jdk", home="/usr/lib64/jvm/jdk") == ("jdk", "/usr/lib64/jvm/jdk")


def test_preflight_accepts_the_families_that_the_role_knows() -> None:
    own = DataLoader().load_from_file(str(VARIABLES))
    assert tuple(own["__rocketmq_java_packages"]) == _live.JAVA_FAMILIES
