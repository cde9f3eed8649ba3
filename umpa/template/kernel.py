"""The machine's kernel beside simulated addresses: which are its own, and how it is kept out.

An address that the kernel owns would be answered twice: by the template, and by the kernel, whose
reset comes first. A rule of nftables at the ingress of the device keeps packets for the address
from the kernel; captures see them before. The table belongs to a running `nft` (flags owner,
Linux 5.12): it is gone as soon as that ends, which it does with this process, however that ends.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from threading import Timer

from umpa.errors import TemplateError
from umpa.link.base import Link
from umpa.net.interfaces import interfaces
from umpa.protocols import IPv6
from umpa.template.discovery import probe

__all__ = ["KernelFilter", "owner_of"]

_numbers = itertools.count(1)
_ANYBODY = "02:00:00:00:00:00"
_PATIENCE = 5.0
"""Seconds that nft has to install or remove the rules."""


def owner_of(link: Link, address: str) -> str | None:
    """The machine's interface that owns an address; None for none, or where the link is no device.

    A link in memory, or over a file, has no kernel beside it.
    """
    if link.fileno() < 0:
        return None
    for interface in interfaces():
        if any(str(own.ip).partition("%")[0] == address for own in interface.addresses):
            return interface.name
    return None


class KernelFilter:
    """Drops what comes for an address on a device, before the kernel sees it, until `close`.

    :raises TemplateError: nft is not there, or refuses.
    """

    def __init__(self, device: str, address: str) -> None:
        self.table = f"umpa_{os.getpid()}_{next(_numbers)}"
        try:
            self._nft = subprocess.Popen(
                ("nft", "-i"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        except FileNotFoundError:
            raise TemplateError(
                f"keeping the kernel out of {address} needs nft: apt install nftables"
            ) from None
        self._install(device, address)

    def _install(self, device: str, address: str) -> None:
        """Give nft the rules, and see that they are there."""
        chain = f'type filter hook ingress device "{device}" priority -300; policy accept'
        rules = "; ".join(_rules(address))
        assert self._nft.stdin is not None
        assert self._nft.stdout is not None
        patience = Timer(_PATIENCE, self._nft.kill)  # then the reading below ends
        patience.start()
        said: list[str] = []
        try:
            table = f"{self.table} {{ flags owner; chain in {{ {chain}; {rules}; }}; }}"
            self._nft.stdin.write(
                f"add table netdev {table}\nlist tables netdev\nlist table netdev umpa_end\n"
            )
            self._nft.stdin.flush()
            for line in self._nft.stdout:
                if self.table in line and line.startswith("table netdev"):
                    return
                if "umpa_end" in line:  # which is not there: the answer to the last question
                    break
                said.append(line.strip())
        except BrokenPipeError:
            said.append("it ended")  # told below
        finally:
            patience.cancel()
        self.close()
        text = " ".join(said).strip() or "no answer"
        raise TemplateError(f"nft does not keep the kernel out of {address} on {device}: {text}")

    def close(self) -> None:
        """Let the kernel have the address again."""
        nft = self._nft
        assert nft.stdin is not None
        assert nft.stdout is not None
        try:
            nft.stdin.close()
            nft.wait(_PATIENCE)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            nft.kill()  # the table goes with it all the same
            nft.wait()
        finally:
            nft.stdout.close()


def _rules(address: str) -> list[str]:
    if ":" not in address:
        return [f"ip daddr {address} drop", f"arp daddr ip {address} drop"]
    return [f"ip6 daddr {address} drop", f"ip6 daddr {probe(address, _ANYBODY)[IPv6].dst} drop"]
