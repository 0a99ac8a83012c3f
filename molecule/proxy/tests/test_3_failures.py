"""Proxies that die, and proxies that are there before their brokers."""

from concurrent.futures import ThreadPoolExecutor

import kinds
import ledger
import machines
import pytest
from cluster import ADDRESSES, host
from proxies import (
    CLUSTER,
    ENDPOINTS,
    FOLDER,
    GROUP,
    GRPC,
    PROXY,
    REMOTING,
    REMOTING_ENDPOINTS,
    UNITS,
    done,
    listens,
    program,
    restarts,
    until,
)

pytestmark = pytest.mark.usefixtures("cluster_mode")


def users(name, port):
    """How many clients are connected to a proxy."""
    shown = host(name).check_output("ss --no-header --tcp --numeric state established sport = :%s", str(port))
    return len(shown.splitlines())


def kill_the_one_in_use(port):
    until(lambda: any(users(name, port) for name in ADDRESSES), "the client is connected")
    victim = max(ADDRESSES, key=lambda name: users(name, port))
    host(victim).check_output("systemctl kill --signal=SIGKILL %s", PROXY)
    return victim


def everything(command, *units):
    """The same on all hosts at once."""
    with ThreadPoolExecutor(len(ADDRESSES)) as pool:
        list(pool.map(lambda name: host(name).check_output(f"systemctl {command} " + " ".join(units)), ADDRESSES))


def test_clients_of_grpc_go_on_through_another_proxy():
    sent = FOLDER / "grpc-failover/sent.tsv"
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(
            kinds.run_grpc,
            ENDPOINTS,
            "grpc-failover",
            folder=sent.parent,
            kinds=["normal"],
            count=300,
            pause_ms=100,
            timeout_ms=3000,
        )
        until(lambda: len(list(ledger.rows(sent))) > 20, "the client sends")
        victim = kill_the_one_in_use(GRPC)
        found = sending.result()
    times = [int(at) for _key, at in ledger.rows(sent)]
    gap = max(after - before for before, after in zip(times, times[1:]))
    print(f"gRPC: proxy of {victim} killed; {found}; nothing acknowledged for {gap} ms")
    # What was on its way when the proxy died may be there without an acknowledgement.
    assert [sentence for sentence in found.wrong if "never acknowledged" not in sentence] == []
    assert found.sent["normal"] > 200
    assert gap < 15_000
    until(lambda: listens(victim), f"the proxy of {victim} is back")


def test_clients_of_the_older_protocol_go_on_through_another_proxy():
    topic, folder = "java-failover-normal", FOLDER / "java-failover"
    client = ledger.Client(REMOTING_ENDPOINTS, topic, groups=[GROUP], folder=folder)
    with client.sending(rate=20):
        victim = kill_the_one_in_use(REMOTING)
        before = len(ledger.read_sent(client.ledger))
        until(lambda: len(ledger.read_sent(client.ledger)) > before + 100, "the client goes on", 60)
    verdict = client.compare()
    print(f"remoting: proxy of {victim} killed; {verdict}; gaps {client.gaps()}")
    assert verdict.good, verdict
    until(lambda: listens(victim), f"the proxy of {victim} is back")


def test_everything_stopped_and_started_in_the_wrong_order():
    everything("stop", *UNITS)
    everything("start", *UNITS[:2])
    # Name servers without brokers: a proxy that asked one now would end.
    everything("start", "rocketmq-namesrv.service")
    # The kernel keeps 15 letters of a program's name.
    until(lambda: all(program(name) == "wait-for-broker" for name in ADDRESSES), "the proxies wait")
    said = f"knows no broker of {CLUSTER} that takes writes"
    until(lambda: said in host("rmq71").check_output("journalctl --unit=%s --output=cat --lines=2", PROXY), said)
    everything("start", "rocketmq-broker@n0.service")
    until(lambda: all(listens(name) for name in ADDRESSES), "the proxies serve")
    assert restarts() == {}


def test_a_power_cut_of_all_hosts():
    machines.cut_power(*ADDRESSES)
    machines.boot(*ADDRESSES)
    until(lambda: all(listens(name) for name in ADDRESSES), "the proxies serve", 240)
    assert restarts() == {}


def test_a_power_cut_of_one_host():
    """Its name server comes back without a broker, up to 30 seconds before the brokers come to it again."""
    machines.cut_power("rmq71")
    # Returns when systemd waits for nothing more: not for the proxy either.
    machines.boot("rmq71")
    until(lambda: listens("rmq71"), "the proxy serves")
    assert restarts("rmq71") == {}
    done("playbooks/verify.yml")
