"""The cluster as the vendor's mqadmin sees it from a host."""

import mqadmin
import pytest
from cluster import (
    ADDRESSES,
    CLUSTER,
    INSTANCES,
    MEMBER_IDS,
    NAMESRV,
    PORTS,
    VERSION,
    broker_addresses,
    broker_config,
    cluster_list,
    host,
    in_parallel,
)


@pytest.fixture(scope="module")
def seen():
    """Name server -> the members it knows; asked one by one, since clients may reach any of them."""
    return in_parallel(cluster_list, NAMESRV)


@pytest.mark.parametrize("name_server", NAMESRV)
def test_every_name_server_knows_exactly_the_groups_of_the_plan(seen, name_server):
    members = seen[name_server]
    assert {member.cluster for member in members} == {CLUSTER}
    for group in PORTS:
        assert {member.address for member in members if member.group == group} == broker_addresses(group)
    assert len(members) == 6


@pytest.mark.parametrize("name_server", NAMESRV)
def test_one_leader_each_and_the_others_have_their_member_id(seen, name_server):
    for group, (port, _) in PORTS.items():
        ids = {member.address: member.broker_id for member in seen[name_server] if member.group == group}
        assert sorted(ids.values())[0] == 0
        # DLedger shows a follower as the number of its id plus one; a pinned id that moved would show here.
        followers = {f"{ADDRESSES[name]}:{port}": int(id_[1:]) + 1 for name, id_ in MEMBER_IDS.items()}
        assert [id_ for address, id_ in ids.items() if id_ != followers[address]] == [0]


def test_all_name_servers_agree_on_the_leaders(seen):
    assert len({tuple(sorted(mqadmin.leaders(members).items())) for members in seen.values()}) == 1


@pytest.mark.parametrize("name_server", NAMESRV)
def test_every_broker_answers_with_the_version_asked_for(seen, name_server):
    assert {member.version for member in seen[name_server]} == {f"V{VERSION.replace('.', '_')}"}


def test_every_broker_runs_with_the_settings_of_the_plan():
    """Every key of the plan's two files, as the running broker reports it."""
    addresses = {f"{ADDRESSES[name]}:{port}": (name, group) for name in ADDRESSES for group, (port, _) in PORTS.items()}

    wrong = {}
    for address, found in in_parallel(broker_config, list(addresses)).items():
        name, group = addresses[address]
        listen, dledger = PORTS[group]
        expected = {
            "listenPort": str(listen),
            "namesrvAddr": ";".join(NAMESRV),
            "brokerIP1": ADDRESSES[name],
            "brokerIP2": ADDRESSES[name],
            "brokerName": group,
            "brokerClusterName": CLUSTER,
            "deleteWhen": "04",
            "fileReservedTime": "72",
            "flushDiskType": "ASYNC_FLUSH",
            "enableDLegerCommitLog": "true",
            "dLegerGroup": group,
            "dLegerPeers": ";".join(f"{id_}-{ADDRESSES[peer]}:{dledger}" for peer, id_ in MEMBER_IDS.items()),
            "dLegerSelfId": MEMBER_IDS[name],
            "sendMessageThreadPoolNums": "2",
        }
        for key, value in expected.items():
            if found.get(key) != value:
                wrong[address, key] = (found.get(key), value)
        # DLedger itself turns the role of the file into the one of the moment.
        if found.get("brokerRole") not in ("ASYNC_MASTER", "SYNC_MASTER", "SLAVE"):
            wrong[address, "brokerRole"] = found.get("brokerRole")
    assert not wrong


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_files_say_the_role_of_the_plan(name):
    for instance in INSTANCES.values():
        assert host(name).file(f"/etc/rocketmq/broker-{instance}.conf").contains("^brokerRole=ASYNC_MASTER$")


def test_name_servers_listen_where_they_should():
    def ask(name_server):
        name = next(name for name, address in ADDRESSES.items() if name_server.startswith(address))
        return mqadmin.properties(host(name).check_output("mqadmin getNamesrvConfig -n %s", name_server))[name_server]

    assert {found["listenPort"] for found in in_parallel(ask, NAMESRV).values()} == {"9876"}
