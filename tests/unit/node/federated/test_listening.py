import socket

import pytest

from dataledger.errors import NodeConfigError, NodeRefused
from dataledger.node.federated.listening import listen, reached_by
from dataledger.node.rules import FederatedRules


def test_a_node_takes_a_free_one_of_its_ports_and_refuses_when_all_are_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NodeRefused) as refused:
            listen(FederatedRules(first_port=port, last_port=port))
        assert refused.value.reason == "busy"
    with listen(FederatedRules(first_port=port, last_port=port)) as listener:
        assert listener.getsockname() == ("127.0.0.1", port)
        assert not listener.get_inheritable()
        with listen(FederatedRules(first_port=port, last_port=port + 50)) as another:
            assert port < another.getsockname()[1] <= port + 50


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "::ffff:192.0.2.1"])
def test_a_host_of_another_machine_is_no_host_to_listen_on(host: str) -> None:
    with pytest.raises(NodeConfigError, match="Nothing can listen"):
        listen(FederatedRules(host=host))


@pytest.mark.parametrize(
    ("host", "advertise", "reached"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("0.0.0.0", "node.acme.example", "node.acme.example"),  # noqa: S104
        ("::1", None, "::1"),
        ("10.0.0.5", "node_a", "node_a"),
    ],
)
def test_others_reach_it_by_what_it_advertises(
    host: str, advertise: str | None, reached: str
) -> None:
    assert reached_by(FederatedRules(host=host, advertise=advertise)) == reached


@pytest.mark.parametrize(
    ("host", "advertise"),
    [("0.0.0.0", None), ("::", None), ("", None), ("127.0.0.1", ""), ("127.0.0.1", "a b")],  # noqa: S104
)
def test_a_host_by_which_nobody_reaches_it_is_refused(host: str, advertise: str | None) -> None:
    with pytest.raises(NodeConfigError, match="no other node reaches"):
        reached_by(FederatedRules(host=host, advertise=advertise))
