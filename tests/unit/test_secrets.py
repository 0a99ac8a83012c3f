# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No secret leaves in a support bundle, wherever it stands; what is no secret stays readable."""

from __future__ import annotations

import io
import json
import pathlib
import subprocess
import tarfile
from typing import Any

import pytest
from ansible_collections.rocketmq.cluster.plugins.module_utils import _host_files, _secrets, _systemd
from ansible_collections.rocketmq.cluster.plugins.modules import host_report, support_bundle
from ansible_collections.rocketmq.cluster.plugins.plugin_utils import _bundle, _topology
from module_runner import Runner

from inventories import HOSTS, Sample

#: A text of a host, and the secret in it: every way in which RocketMQ, Java or people write one down.
TEXTS = {
    "password of a key store": ("tls.server.keyPassword=Hu7-keyPass\n", "Hu7-keyPass"),
    "secret key of ACL 1.0": ("accounts:\n- accessKey: RocketMQ-one\n  secretKey: Sk12345678\n", "Sk12345678"),
    "access key of ACL 1.0": ("- accessKey: Ak-RocketMQ\n  whiteRemoteAddress:\n", "Ak-RocketMQ"),
    "first user of ACL 2.0": ('initAuthenticationUser={"username":"root","password":"Pw 5 blanks"}\n', "Pw 5 blanks"),
    "client of ACL 2.0": (
        'innerClientAuthenticationCredentials={"accessKey":"Inner-ak","secretKey":"Inner-sk"}\n',
        "Inner-sk",
    ),
    "with blanks around": ("  dashboardPassword =  Blank in it \n", "Blank in it"),
    "with a colon": ("auth.token: Tok-colon-1\n", "Tok-colon-1"),
    "JSON": ('{"proxyName": "p", "tlsKeyPassword": "Json-pass", "grpcServerPort": 8081}\n', "Json-pass"),
    "JSON with a quote in it": ('{"password": "Quo\\"ted-pass", "a": 1}\n', 'Quo\\"ted-pass'),
    "JSON in JSON": ('{"value": "{\\"username\\":\\"u\\",\\"password\\":\\"Nested-pass\\"}"}\n', "Nested-pass"),
    "YAML in quotes": ("secret_key: 'Yaml-quoted'\n", "Yaml-quoted"),
    "environment": ('JAVA_OPTIONS="-Xmx1g -Djavax.net.ssl.trustStorePassword=Trust-1 -Da=b"\n', "Trust-1"),
    "variable of the environment": ("ROCKETMQ_SECRET_KEY=Env-secret\n", "Env-secret"),
    "command line with =": ("71 java -Drocketmq.client.secretKey=Cmd-secret -jar x.jar\n", "Cmd-secret"),
    "command line with a blank": ("72 tool --password Cmd-blank --verbose\n", "Cmd-blank"),
    "mqadmin updateAclConfig": (
        "73 sh mqadmin updateAclConfig -n a:9876 -a Acl-key -s Acl-secret\n",
        "Acl-secret",
    ),
    "mqadmin createUser": ("74 sh mqadmin createUser -u bob -p User-pass -n a:9876\n", "User-pass"),
    "journal": ("2026-11-22T01:00:00 rmq71 broker[7]: secretKey=Journal-sk, accessKey=x\n", "Journal-sk"),
    "journal in brackets": ("broker[7]: AclConfig [accessKey=Ak, secretKey=Bracket-sk]\n", "Bracket-sk"),
    "journal of settings": (
        'broker[7]: 2026 INFO main - initAuthenticationUser={"username":"r","password":"Logged-pw"}\n',
        "Logged-pw",
    ),
    "signature of a request": ("ext {AccessKey=Ak-1, Signature=c2lnbmF0dXJl=}\n", "c2lnbmF0dXJl"),
    "header of a request": ("GET / Authorization: Bearer eyJhbGciOi.J9\n", "eyJhbGciOi.J9"),
    "basic header": ("authorization=Basic dXNlcjpwYXNz\n", "dXNlcjpwYXNz"),
    "address with a password": ("http_proxy=http://alice:Proxy-pass@proxy:3128\n", "Proxy-pass"),
    "security token": ("ext {SecurityToken=Sts-token-1}\n", "Sts-token-1"),
    "private key": (
        "-----BEGIN RSA PRIVATE KEY-----\nTUlJRXBBSUJBQUtDQVFFQQ\n-----END RSA PRIVATE KEY-----\n",
        "TUlJRXBBSUJBQUtDQVFFQQ",
    ),
    "private key that is cut off": ("-----BEGIN PRIVATE KEY-----\nTUlJRXZRSUJBREFOQmdr\n", "TUlJRXZRSUJBREFOQmdr"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_every_kind_of_secret_is_masked(kind: str) -> None:
    text, secret = TEXTS[kind]
    assert secret in text
    masked = _secrets.mask(text)
    assert secret not in masked
    assert _secrets.MASK in masked
    assert _secrets.mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "brokerName=RaftNode00\nlistenPort=10911\nflushDiskType=ASYNC_FLUSH\n",
        "aclEnable=true\ntls.test.mode.enable=true\nuseTokenBucket=false\npassword=\nsecretKey: null\n",
        "2026-11-22T01:00:00 rmq71 rocketmq-broker@n0[7]: The broker[RaftNode00, 192.168.1.71:10911] boot success.\n",
        "71 0 /usr/bin/java -Xms96m -cp /opt/rocketmq/4.9.7/lib/* org.apache.rocketmq.broker.BrokerStartup -c /a\n",
        "dLegerPeers=n0-192.168.1.71:20911;n1-192.168.1.76:20911\nnamesrvAddr=192.168.1.71:9876\n",
        "-----BEGIN CERTIFICATE-----\nTUlJRXBBSUJBQUtDQVFFQQ\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert _secrets.mask(text) == text


def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    known = _secrets.values("secretKey=Very-secret\n") | {"a", ""}
    masked = _secrets.mask("login with Very-secret-and more of it failed\n", known)
    assert masked == f"login with {_secrets.MASK}-and more of it failed\n"


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert _secrets.mask("abcdef abcd", ["abcd", "abcdef"]) == f"{_secrets.MASK} {_secrets.MASK}"


class Host:
    """What commands print and files say on a host that holds every secret everywhere."""

    def __init__(self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.everything = "".join(text for text, _secret in TEXTS.values())
        etc, units = tmp_path / "etc", tmp_path / "units"
        etc.mkdir()
        units.mkdir()
        for name in ("broker-n0.conf", "broker-n0.env", "plain_acl.yml", "rmq-proxy.json", "tls.key"):
            (etc / name).write_text(self.everything, encoding="utf-8")
        unit = f"[Service]\nEnvironmentFile={etc}/broker-n0.env\n[X-RocketMQ]\nConfig={etc}/broker-n0.conf\nVersion=1\n"
        (units / "rocketmq-broker@n0.service").write_text(unit, encoding="utf-8")
        (etc / "own.env").write_text(f'JAVA_OPTIONS="-Drocketmq.log.dir={tmp_path}/log -Da=b"\n', encoding="utf-8")
        (tmp_path / "log").mkdir()
        (tmp_path / "log" / "broker.log").write_text(self.everything, encoding="utf-8")
        found = _host_files.ours(units, [])
        monkeypatch.setattr(_host_files, "ours", lambda: found)
        monkeypatch.setattr(_systemd, "UNIT_DIR", units)
        monkeypatch.setattr(subprocess, "run", self.run)
        monkeypatch.setattr(host_report, "processes", lambda: self.everything)

    def run(self, command: list[str], **_options: Any) -> Any:
        if command[0] == "lsblk":
            raise FileNotFoundError(2, "No such file or directory", "lsblk")
        sockets = "State Local Peer\nLISTEN 0 128 *:10911 *:* users\nESTAB 0 0 1.2.3.4:55 5.6.7.8:443\n"
        text = sockets if command[0] == "ss" else self.everything
        return subprocess.CompletedProcess(command, 0, text.encode())


def test_nothing_secret_is_in_the_archive(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    host = Host(tmp_path, monkeypatch)
    sample = Sample()
    sample.set(rocketmq_broker_properties={"initAuthenticationUser": "Of-the-plan"}, rocketmq_version="5.5.0")
    sample.set(rocketmq_namesrv_jvm_options=["-Dtls.server.keyPassword=Plan-jvm-pass"])
    plan = _topology.plan(sample.hostvars, sample.groups)
    assert plan["problems"] == []
    assert {"Of-the-plan", "Plan-jvm-pass"} <= set(_bundle.secrets(plan))
    host.everything += "of another file: Hu7-keyPass\n"
    host.everything += "somebody typed Of-the-plan and Plan-jvm-pass\n"
    result = run(host_report, ports=[10911], secrets=_bundle.secrets(plan))
    assert not result["failed"], result
    assert f"hosts of {_secrets.MASK}" not in result["texts"]
    instance = {"kind": "broker", "name": "n0", "unit": "u", "version": "5.5.0", "running": True, "restarts": 0}
    properties = {"secretKey": "Sk12345678", "brokerName": "RaftNode00"}
    look = {"instances": [{**instance, "has_data": True, "has_store": True, "store": "/s", "properties": properties}]}
    hosts = {
        name: {"rocketmq_report": result, "rocketmq_deployed": {**look, "disks": {}, "listeners": [], "missing": []}}
        for name in HOSTS[:2]
    }
    hosts["rmq77"] = {}
    view = {"members": [], "namesrv": {}, "table": ["x"], "runtime": {"1.2.3.4:10911": {"a": host.everything}}}
    texts = _bundle.texts(plan, view, hosts, {"msg": host.everything}, {"msg": host.everything, "drift": []}, 0)
    path = tmp_path / "C-support-1.tar.gz"
    assert run(support_bundle, path=str(path), texts=texts)["changed"]
    assert path.stat().st_mode & 0o077 == 0
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as archive:
        found = {one.name: archive.extractfile(one).read().decode() for one in archive}  # type: ignore[union-attr]
    leaked = [
        (name, kind)
        for name, text in found.items()
        for kind, (_text, secret) in {**TEXTS, "plan": ("", "Of-the-plan"), "jvm": ("", "Plan-jvm-pass")}.items()
        if secret in text
    ]
    assert leaked == []
    names = {name.removeprefix("C-support-1/") for name in found}
    assert {
        "status.txt",
        "cluster/clusterList.txt",
        "cluster/brokers/1.2.3.4-10911.txt",
        "hosts/rmq71/preflight.txt",
        "hosts/rmq71/host/sockets",
        "hosts/rmq71/journals/rocketmq-broker@n0.service.log",
        f"hosts/rmq71/files{tmp_path}/etc/broker-n0.conf",
        f"hosts/rmq71/logs{tmp_path}/log/broker.log",
        "hosts/rmq77/unread.txt",
    } <= names
    assert found["C-support-1/hosts/rmq71/host/sockets"].splitlines()[1:] == ["LISTEN 0 128 *:10911 *:* users"]
    assert "No such file or directory" in found["C-support-1/hosts/rmq71/host/blocks"]
    assert found["C-support-1/hosts/rmq77/preflight.txt"] == "The host does not answer.\n"
    assert json.loads(found["C-support-1/cluster/members.json"]) == []


def test_an_archive_is_never_replaced(tmp_path: pathlib.Path, run: Runner) -> None:
    path = tmp_path / "a.tar.gz"
    assert run(support_bundle, True, path=str(path), texts={"a": "b"})["changed"]
    assert not path.exists()
    assert run(support_bundle, path=str(path), texts={"a": "b"})["size"] > 0
    assert "cannot be written: File exists" in run(support_bundle, path=str(path), texts={})["msg"]
