# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the collection knows about releases."""

from __future__ import annotations

import json
import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.rocketmq.cluster.plugins.filter import release as release_filter
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _versions


def test_versions_are_listed_oldest_first():
    assert _versions.known() == ["4.7.1", "4.9.7", "5.5.0"]


@pytest.mark.parametrize("version", ["4.7", "5.5.1", "", "../4.7.1"])
def test_an_unknown_version_names_the_known_ones(version):
    with pytest.raises(_versions.UnknownVersion, match=r"rocketmq_version .* 4\.7\.1, 4\.9\.7, 5\.5\.0"):
        _versions.load(version)


@pytest.mark.parametrize("version", _versions.known())
def test_every_release_is_complete(version):
    release = _versions.load(version)
    assert release.version == version
    assert 17 in release.jdks
    assert f"rocketmq-broker-{version}.jar" in release.jars
    assert f"rocketmq-tools-{version}.jar" in release.jars
    for name, digest in release.jars.items():
        assert name.endswith(".jar")
        assert re.fullmatch("[0-9a-f]{64}", digest)
    assert bool(release.vulnerable) == bool(release.fixed_in)


@pytest.mark.parametrize("version", _versions.known())
def test_the_files_are_as_the_lock_tool_writes_them(version):
    text = (_versions.DIRECTORY / f"{version}.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
    jars = list(json.loads(text)["jars"])
    assert jars == sorted(jars)


def test_releases_of_5_have_proxy_and_controller():
    jars = _versions.load("5.5.0").jars
    assert {"rocketmq-proxy-5.5.0.jar", "rocketmq-controller-5.5.0.jar"} <= set(jars)


def test_the_vulnerable_release_is_mended_by_a_known_one_that_is_not():
    release = _versions.load("4.7.1")
    assert release.vulnerable
    assert release.vulnerable == ("CVE-2023-33246", "CVE-2023-37582")
    assert not _versions.load(release.fixed_in).vulnerable


def test_java_8_has_no_modules():
    assert _versions.load("4.7.1").module_options(8, "dashboard") == []


def test_later_javas_open_what_rocketmq_reaches_into():
    release = _versions.load("4.7.1")
    assert "--add-opens=java.base/java.nio=ALL-UNNAMED" in release.module_options(17)
    assert release.module_options(17) == release.module_options(11, "broker")


@pytest.mark.parametrize(("version", "kind"), [("4.7.1", "dashboard"), ("5.5.0", "dashboard"), ("5.5.0", "controller")])
def test_some_processes_need_java_lang_too(version, kind):
    assert "--add-opens=java.base/java.lang=ALL-UNNAMED" in _versions.load(version).module_options(17, kind)


def test_logging_of_4_is_found_below_the_home():
    assert _versions.load("4.9.7").log_options("broker", "/opt/r") == [
        "-Dlogback.configurationFile=/opt/r/conf/logback_broker.xml",
        "-Drocketmq.client.logUseSlf4j=true",
    ]


def test_logging_of_5_is_one_property():
    assert _versions.load("5.5.0").log_options("namesrv", "/opt/r") == [
        "-Drmq.logback.configurationFile=/opt/r/conf/rmq.namesrv.logback.xml"
    ]


def test_roles_get_the_same_data_as_plain_values():
    filters = release_filter.FilterModule().filters()
    data = filters["release"]("4.7.1")
    assert json.loads(json.dumps(data)) == data
    assert data["jars"] == _versions.load("4.7.1").jars
    assert filters["log_options"]("4.7.1", "tools", "/r")[0].endswith("/r/conf/logback_tools.xml")
    for name in filters:
        with pytest.raises(AnsibleFilterError, match="not known to this collection"):
            filters[name]("1.0", *(["tools", "/r"] if name == "log_options" else []))
