"""Each host as the plan wants it, and a proxy that does not serve is noticed."""

import json

import pytest
from cluster import ADDRESSES, NAMESRV, cluster_list, host
from proxies import CLUSTER, GROUP, GRPC, PROXY, REMOTING, UNITS, done, listens, program, restarts, run, show

pytestmark = pytest.mark.usefixtures("cluster_mode")


@pytest.mark.parametrize("name", ADDRESSES)
def test_everything_runs_and_nothing_had_to_be_started_again(name):
    assert {unit: show(name, unit, "ActiveState") for unit in UNITS} == dict.fromkeys(UNITS, "active")
    assert host(name).service(PROXY).is_enabled
    assert restarts() == {}
    assert program(name) == "java"
    assert listens(name)


def test_a_second_run_changes_nothing():
    assert set(done("site.yml").changed.values()) == {0}


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_proxy_was_told_where_it_is(name):
    config = json.loads(host(name).file("/etc/rocketmq/proxy.json").content_string)
    wanted = {
        "rocketMQClusterName": CLUSTER,
        "namesrvAddr": ";".join(NAMESRV),
        "proxyMode": "cluster",
        "localServeAddr": ADDRESSES[name],
        "grpcServerPort": GRPC,
        "remotingListenPort": REMOTING,
    }
    assert {key: config.get(key) for key in wanted} == wanted


def test_the_brokers_have_the_topic_of_the_proxies():
    assert {member.group for member in cluster_list(NAMESRV[0])} == {GROUP}
    topics = host("rmq71").check_output("mqadmin topicList -n %s", NAMESRV[0]).split()
    assert "DefaultHeartBeatSyncerTopic" in topics


def test_a_changed_setting_restarts_the_proxies_one_at_a_time():
    changed = {"rocketmq_proxy_properties": {"maxMessageSize": 2097152}}
    done("site.yml", changed)
    starts = [int(show(name, PROXY, "ExecMainStartTimestampMonotonic")) / 1e6 for name in ADDRESSES]
    # The next one is stopped when the one before serves again, which takes a JVM.
    assert all(after - before > 2 for before, after in zip(starts, starts[1:])), starts
    assert restarts() == {}


def test_a_proxy_that_is_stuck_fails_verify():
    """It listens, as far as the kernel can tell."""
    host("rmq76").check_output(f"systemctl kill --signal=SIGSTOP {PROXY}")
    try:
        verified = run("playbooks/verify.yml")
    finally:
        host("rmq76").check_output(f"systemctl kill --signal=SIGCONT {PROXY}")
    assert verified.status, verified.output[-4000:]
    assert f"Proxy {ADDRESSES['rmq76']}:{REMOTING}" in verified.text, verified.output[-4000:]
    assert "no answer" in verified.text, verified.output[-4000:]
    done("playbooks/verify.yml")
