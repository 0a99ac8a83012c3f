"""Proxies that die, and proxies that are there before their brokers."""

from concurrent.futures import ThreadPoolExecutor

import cluster
import kinds
import machines
import pytest
from cluster import ADDRESSES, CACHE, host
from proxies import ENDPOINTS, PROXY, REMOTING_ENDPOINTS, UNITS, listens, program, restarts, until
from runs import playbook

LOAD = kinds.Load(count=300, pause_ms=100, timeout_ms=3000)


def users(name, port):
    """How many clients are connected to a proxy."""
    shown = host(name).check_output("ss --no-header --tcp --numeric state established sport = :%s", str(port))
    return len(shown.splitlines())


def everything(command, *units):
    """The same on all hosts at once."""
    with ThreadPoolExecutor(len(ADDRESSES)) as pool:
        list(pool.map(lambda name: host(name).check_output(f"systemctl {command} " + " ".join(units)), ADDRESSES))


def healthy():
    run = playbook("playbooks/verify.yml")
    assert run.status == 0, run.output[-4000:]


@pytest.mark.parametrize(
    ("client", "send", "endpoints"), [("java", kinds.java, REMOTING_ENDPOINTS), ("grpc", kinds.grpc, ENDPOINTS)]
)
def test_clients_go_on_through_another_proxy(topics, client, send, endpoints):
    port = endpoints[0].rsplit(":", 1)[1]
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(
            send, "normal", endpoints, "failover", f"{client}-failover", CACHE / "proxy/failover", LOAD
        )
        until(lambda: any(users(name, port) for name in ADDRESSES), "the client is connected")
        victim = max(ADDRESSES, key=lambda name: users(name, port))
        host(victim).check_output("systemctl kill --signal=SIGKILL %s", PROXY)
        verdict = sending.result()
    print(f"{client}: proxy of {victim} killed; {verdict}")
    assert verdict.good, verdict
    assert verdict.gap_ms < 30_000, verdict
    until(lambda: listens(victim), f"the proxy of {victim} is back")


def test_everything_stopped_and_started_in_the_wrong_order():
    everything("stop", *UNITS)
    for unit in UNITS[:-2]:
        everything("start", unit)
    # Name servers without brokers: a proxy that asked one now would end.
    everything("start", "rocketmq-namesrv.service")
    until(lambda: all(program(name).startswith("python") for name in ADDRESSES), "the proxies wait")
    said = host("rmq71").check_output("journalctl --unit=%s --output=cat --lines=1", PROXY)
    assert "knows no broker of ProxyCluster that takes writes" in said
    everything("start", "rocketmq-broker@n0.service")
    until(lambda: all(listens(name) for name in ADDRESSES), "the proxies serve")
    assert restarts() == {}
    healthy()


def test_a_power_cut_of_all_hosts():
    machines.cut_power(*ADDRESSES)
    machines.boot(*ADDRESSES)
    until(lambda: all(listens(name) for name in ADDRESSES), "the proxies serve", 180)
    assert restarts() == {}
    healthy()


def test_a_power_cut_of_one_host():
    """Its name server comes back without a broker, up to 30 seconds before the brokers come to it again."""
    machines.cut_power("rmq71")
    machines.boot("rmq71")
    until(lambda: listens("rmq71"), "the proxy serves")
    assert {unit: count for unit, count in restarts().items() if unit.startswith("rmq71")} == {}
    assert cluster.host("rmq71").check_output("systemctl is-system-running") == "running"
    healthy()
