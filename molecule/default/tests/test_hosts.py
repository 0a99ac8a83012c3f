"""Each host as the plan wants it: units, processes, ports, folders, logs."""

import hashlib
import json
import re
from datetime import datetime, timedelta

import pytest
from cluster import (
    ADDRESSES,
    CACHE,
    CONSOLE_HOST,
    CONSOLE_PORT,
    FAILOVER,
    INSTANCES,
    NAMESRV,
    PORTS,
    host,
    services,
)

SERVICES = [(name, unit) for name in ADDRESSES for unit in services(name)]
BROKERS = [(name, instance) for name in ADDRESSES for instance in INSTANCES.values()]
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.MULTILINE)


def show(name, unit, key):
    return host(name).check_output("systemctl show --value --property %s %s", key, unit)


@pytest.mark.parametrize(("name", "unit"), SERVICES)
def test_the_service_runs_and_starts_at_boot(name, unit):
    service = host(name).service(unit)
    assert service.is_running
    assert service.is_enabled


@pytest.mark.parametrize("name", ADDRESSES)
def test_nothing_restarted_but_what_was_killed(name):
    killed = json.loads(FAILOVER.read_text())["killed"] if FAILOVER.exists() else {"host": "", "unit": ""}
    expected = {unit: "1" if (name, unit) == (killed["host"], killed["unit"]) else "0" for unit in services(name)}
    assert {unit: show(name, unit, "NRestarts") for unit in services(name)} == expected


@pytest.mark.parametrize(("name", "unit"), SERVICES)
def test_the_main_process_is_java_and_runs_as_its_own_user(name, unit):
    pid = show(name, unit, "MainPID")
    assert host(name).check_output("ps --no-headers -o comm= -p %s", pid) == "java"
    assert host(name).check_output("ps --no-headers -o user= -p %s", pid) == "rocketmq"
    assert host(name).check_output("pgrep --parent %s || true", pid) == ""


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_ports_are_open_on_the_planned_address(name):
    ports = {9876, *(port for pair in PORTS.values() for port in pair), *(listen - 2 for listen, _ in PORTS.values())}
    if name == CONSOLE_HOST:
        ports.add(CONSOLE_PORT)
    listening = host(name).check_output("ss --no-header --listening --tcp --numeric")
    found = {int(line.split()[3].rsplit(":", 1)[1]) for line in listening.splitlines()}
    assert ports <= found


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_kernel_settings_are_written_down_for_every_boot(name):
    sysctl = host(name).check_output("grep -v '^#' /etc/sysctl.d/zz-rocketmq.conf").splitlines()
    assert sysctl == ["net.core.somaxconn = 4096", "vm.max_map_count = 1048576", "vm.swappiness = 1"]
    tmpfiles = host(name).check_output("grep -v '^#' /etc/tmpfiles.d/rocketmq.conf")
    assert tmpfiles == "w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise"
    # In the form that systemd wants, and no reason to call the boot a failure.
    assert host(name).run("systemd-tmpfiles --create /etc/tmpfiles.d/rocketmq.conf").rc in (0, 73)
    assert host(name).check_output("systemctl --failed --no-legend") == ""


def test_what_a_host_may_set_is_in_force_before_anything_starts():
    """rmq77 may set what its network has, and had 128 of these; prepare.yml says why."""
    assert host("rmq77").check_output("cat /proc/sys/net/core/somaxconn") == "4096"
    listening = host("rmq77").check_output("ss --no-header --listening --tcp --numeric").splitlines()
    queues = {int(line.split()[3].rsplit(":", 1)[1]): int(line.split()[2]) for line in listening}
    # A queue is as long as the kernel allowed when it was made, 1024 at most.
    assert {queues[port] for port in (9876, *(listen for listen, _ in PORTS.values()))} == {1024}


@pytest.mark.parametrize("name", ADDRESSES)
def test_nothing_is_written_to_a_home_folder(name):
    home = host(name).user("rocketmq").home
    assert host(name).check_output("find /root -name '*ocketmq*' -o -name logs -o -name store") == ""
    if host(name).file(home).exists:
        assert home == "/var/lib/rocketmq"
        found = host(name).check_output("find %s -mindepth 1 -maxdepth 1 -printf '%%f\\n'", home).split()
        assert set(found) <= {*INSTANCES.values(), "namesrv", "dashboard"}


@pytest.mark.parametrize(("name", "instance"), BROKERS)
def test_each_instance_keeps_its_own_data(name, instance):
    data = f"/var/lib/rocketmq/{instance}"
    assert host(name).check_output("find %s -path '*/store/*' -name '00000000000000000000' | head -1", data)


@pytest.mark.parametrize(("name", "log"), [
    *((name, f"/var/log/rocketmq/{instance}/broker.log") for name, instance in BROKERS),
    *((name, "/var/log/rocketmq/namesrv/namesrv.log") for name in ADDRESSES),
])  # fmt: skip
def test_each_instance_logs_for_itself_in_the_time_of_its_host(name, log):
    text = host(name).check_output("tail -n 200 %s", log)
    stamps = STAMP.findall(text)
    assert stamps, f"no line with a time in {log}"
    written = host(name).check_output("date -d @$(stat -c %%Y %s) '+%%F %%T'", log)
    distance = datetime.fromisoformat(written) - datetime.fromisoformat(stamps[-1])
    # Buffered lines reach the file a little later than they say; a wrong zone is at least half an hour off.
    assert abs(distance) < timedelta(minutes=5), (written, stamps[-1])


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_service_user_cannot_write_its_configuration(name):
    found = host(name).check_output("find /etc/rocketmq ! -user root -o -perm /022 ! -type l")
    assert found == ""


def test_the_console_serves_its_page():
    page = host(CONSOLE_HOST).check_output(
        "python3 -c %s",
        f"import urllib.request as r; print(r.urlopen('http://{ADDRESSES[CONSOLE_HOST]}:{CONSOLE_PORT}/').read().decode())",
    )
    assert "stand-in" in page
    for name_server in NAMESRV:
        assert f"<li>{name_server}</li>" in page
    assert '<span id="vip">false</span>' in page


def test_the_console_is_told_everything_under_the_names_of_all_its_releases():
    pid = show(CONSOLE_HOST, "rocketmq-dashboard.service", "MainPID")
    words = host(CONSOLE_HOST).check_output("tr '\\0' '\\n' < /proc/%s/cmdline", pid).splitlines()
    names = ";".join(NAMESRV)
    # 2.x: its bundled list (127.0.0.1) wins over everything but the list.
    for key in ("rocketmq.namesrv.addr", "rocketmq.config.namesrvAddr", "rocketmq.config.namesrvAddrs[0]"):
        assert f"-D{key}={names}" in words


def test_the_console_is_the_verified_jar():
    pid = show(CONSOLE_HOST, "rocketmq-dashboard.service", "MainPID")
    words = host(CONSOLE_HOST).check_output("tr '\\0' '\\n' < /proc/%s/cmdline", pid).splitlines()
    jar = words[words.index("-jar") + 1]
    built = (CACHE / "console-stand-in.jar").read_bytes()
    assert host(CONSOLE_HOST).file(jar).sha256sum == hashlib.sha256(built).hexdigest()
