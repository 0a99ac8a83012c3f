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
    assert _versions.known() == ("4.7.1", "4.8.0", "4.9.4", "4.9.7", "5.1.4", "5.3.3", "5.5.0")
    assert max(["4.9.7", "4.10.0"], key=_versions.numbers) == "4.10.0"


@pytest.mark.parametrize("version", ["4.7", "5.5.1", "", "../4.7.1"])
def test_an_unknown_version_names_the_known_ones(version):
    with pytest.raises(_versions.UnknownVersion, match=r"rocketmq_version .* 4\.7\.1, .*, 4\.9\.7, .*, 5\.5\.0"):
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
    assert set(release.processes) <= {"namesrv", "broker", "controller", "proxy"}
    assert ("controller" in release.modes) == bool(release.controller_types) == ("controller" in release.processes)
    # Nobody put the proxy of 5.1.4 there.
    jars = {f"rocketmq-{process}-{version}.jar" for process in release.processes}
    assert jars - set(release.jars) == ({"rocketmq-proxy-5.1.4.jar"} if version == "5.1.4" else set())


@pytest.mark.parametrize("version", _versions.known())
def test_the_files_are_as_the_lock_tool_writes_them(version):
    text = (_versions.DIRECTORY / f"{version}.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
    jars = list(json.loads(text)["jars"])
    assert jars == sorted(jars)


@pytest.mark.parametrize(
    ("version", "types"),
    [("4.9.7", ()), ("5.1.4", ("dledger",)), ("5.3.3", ("jraft", "dledger")), ("5.5.0", ("jraft", "dledger"))],
)
def test_controllers_came_with_5_and_jraft_with_5_2(version, types):
    assert _versions.load(version).controller_types == types


@pytest.mark.parametrize("version", _versions.known())
def test_below_4_9_7_and_from_5_0_0_to_5_1_1_anyone_runs_code(version):
    numbers = _versions.numbers(version)
    release = _versions.load(version)
    exposed = numbers < (4, 9, 7) or (5, 0, 0) <= numbers <= (5, 1, 1)
    assert list(release.vulnerable) == (["CVE-2023-33246", "CVE-2023-37582"] if exposed else [])
    assert release.fixed_in == ("4.9.7" if exposed else "")


def test_what_is_safe_after_a_vulnerable_release_is_known_younger_and_not_vulnerable():
    assert _versions.safe_after("4.7.1") == ["4.9.7", "5.1.4", "5.3.3", "5.5.0"]
    assert _versions.safe_after("5.1.4") == ["5.3.3", "5.5.0"]


def test_java_8_has_no_modules():
    assert _versions.load("4.7.1").module_options(8, "dashboard") == []


def test_later_javas_open_what_rocketmq_reaches_into():
    release = _versions.load("4.7.1")
    assert "--add-opens=java.base/java.nio=ALL-UNNAMED" in release.module_options(17)
    assert release.module_options(17) == release.module_options(11, "broker")


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("4.7.1", "dashboard"),
        ("5.5.0", "dashboard"),
        ("5.1.4", "controller"),
        ("5.5.0", "controller"),
        # A name server can be a controller too.
        ("5.5.0", "namesrv"),
    ],
)
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
