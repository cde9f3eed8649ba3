"""What libpcap says about a device, as the errors that they are; the words of all its versions."""

from __future__ import annotations

import sys

import pytest

from umpa.errors import LinkDown, LinkError, NoSuchDevice, PermissionDenied
from umpa.link.libpcap.backend import as_link_error


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("No such device exists", NoSuchDevice),
        ("socket: Operation not permitted", PermissionDenied),
        ("Attempt to create packet socket failed - CAP_NET_RAW may be required", PermissionDenied),
        ("You don't have permission to perform this capture on that device", PermissionDenied),
        ("(cannot open BPF device) /dev/bpf0: Permission denied", PermissionDenied),
        ("That device is not up", LinkDown),
        ("recvfrom: Network is down", LinkDown),
        ("The interface disappeared", LinkDown),
        ("read: Input/output error", LinkError),
    ],
)
def test_each_has_its_kind(words: str, kind: type[LinkError]) -> None:
    error = as_link_error("eth0", words)
    assert type(error) is kind
    assert "'eth0'" in str(error)


@pytest.mark.parametrize(
    ("platform", "remedy"),
    [
        ("linux", "sudo setcap cap_net_raw,cap_net_admin=eip"),
        ("darwin", "/dev/bpf*"),
        ("win32", "install Npcap"),
    ],
)
def test_who_may_not_is_told_what_to_do(
    platform: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert remedy in str(as_link_error("eth0", "socket: Operation not permitted"))
