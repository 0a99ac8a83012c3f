"""Each host as the plan wants it, and a proxy that does not serve is noticed."""

import json

import pytest
from cluster import ADDRESSES, NAMESRV, cluster_list, host
from proxies import CLUSTER, GROUP, GRPC, PROXY, REMOTING, UNITS, listens, program, restarts, show, until
from runs import playbook


@pytest.mark.parametrize("name", ADDRESSES)
def test_everything_runs_and_nothing_had_to_be_started_again(name):
    assert {unit: show(name, unit, "ActiveState") for unit in UNITS} == dict.fromkeys(UNITS, "active")
    assert host(name).service(PROXY).is_enabled
    assert restarts() == {}
    assert program(name) == "java"
    assert listens(name)


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
    """The vendor's tool sees what only a proxy that reached the brokers can have made."""
    assert {member.group for member in cluster_list(NAMESRV[0])} == {GROUP}
    topics = host("rmq71").check_output("mqadmin topicList -n %s", NAMESRV[0]).split()
    assert "DefaultHeartBeatSyncerTopic" in topics


@pytest.mark.parametrize(
    ("breaking", "mending", "words"),
    [
        (f"systemctl stop {PROXY}", f"systemctl start {PROXY}", "refused"),
        # It listens, as far as the kernel can tell.
        (f"systemctl kill --signal=SIGSTOP {PROXY}", f"systemctl kill --signal=SIGCONT {PROXY}", "no answer"),
    ],
    ids=["stopped", "stuck"],
)
def test_a_proxy_that_does_not_serve_fails_verify(breaking, mending, words):
    host("rmq76").check_output(breaking)
    try:
        run = playbook("playbooks/verify.yml")
    finally:
        host("rmq76").check_output(mending)
    assert run.status, run.output[-4000:]
    assert f"Proxy {ADDRESSES['rmq76']}:{REMOTING}" in run.text, run.output[-4000:]
    assert words in run.text, run.output[-4000:]
    until(lambda: listens("rmq76"), "the proxy of rmq76 listens again")
    assert playbook("playbooks/verify.yml").status == 0
