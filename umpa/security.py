"""Open first, then drop privileges for good.

    with Capture("eth0") as capture:
        drop_privileges()
        for packet in capture: ...

1. What cannot be dropped as asked is an error, never a warning: after a return, the process has the
   privileges that it was told to keep, and no way back to others.
2. Whatever was opened before stays open, and works.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from umpa.errors import PermissionDenied, SecurityError, suggest

__all__ = ["CAPABILITIES", "drop_privileges"]

CAPABILITIES = tuple(
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable "
    "net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio "
    "sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time "
    "sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog "
    "wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore".split()
)
"""The names of Linux's capabilities, by number (linux/capability.h)."""

_WAYS_BACK = ("setuid", "setgid", "setpcap", "setfcap", "sys_admin", "sys_ptrace", "sys_module")
_KEEPCAPS, _CAPBSET_READ, _CAPBSET_DROP = 8, 23, 24  # PR_… of linux/prctl.h
_NO_NEW_PRIVS, _CAP_AMBIENT, _AMBIENT_CLEAR_ALL = 38, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_EPERM, _EINVAL = 1, 22


class _Identity(NamedTuple):
    """Whom the process shall be."""

    user: int
    group: int
    name: str


def drop_privileges(user: str | int = "nobody", keep: Iterable[str] = ()) -> None:
    """Become `user` for good: user, groups and (on Linux) capabilities.

    `keep` names capabilities to retain, such as "net_raw", which sends and captures on devices that
    are opened later. Those that lead back to others are refused. On Linux the process and its
    children can gain nothing by running a set-user-ID program either (`no_new_privs`).

    A process that is not privileged keeps its user, if that is `user`; on Linux it loses the
    capabilities it has. Call it before threads are started: the kernel counts privileges for
    each thread. Sources: capabilities(7), credentials(7), prctl(2).

    :raises SecurityError: there is no such user, he is root, threads are running, a capability
        is unknown or leads back; or what was dropped is found not to be. In the last case the
        process is to be ended.
    :raises PermissionDenied: the process may not change its user.
    """
    if not hasattr(os, "setgroups"):
        raise SecurityError(
            f"privileges cannot be dropped on {sys.platform}: it has no users of Unix"
        )
    identity = _look_up(user)
    linux = sys.platform == "linux"
    kept = _numbers(keep) if linux else frozenset[int]()
    if keep and not linux:
        raise SecurityError(f"{sys.platform} has no capabilities to keep")
    if linux:
        _refuse_threads()
        held = _held()
        if missing := kept - held:
            names = ", ".join(CAPABILITIES[number] for number in sorted(missing))
            raise PermissionDenied(f"the process does not have what it is to keep: {names}")
        _drop_bounding(kept)
        if kept:
            _prctl(_KEEPCAPS, 1)
    _change(identity)
    if linux:
        _set_capabilities(kept)
        _prctl(_CAP_AMBIENT, _AMBIENT_CLEAR_ALL, may_fail=_EINVAL)  # before Linux 4.3: none
        _prctl(_NO_NEW_PRIVS, 1)
    _verify(identity, kept)


def _look_up(user: str | int) -> _Identity:
    import pwd

    try:
        found = pwd.getpwuid(user) if isinstance(user, int) else pwd.getpwnam(user)
    except (KeyError, OverflowError):
        near = suggest(str(user), [entry.pw_name for entry in pwd.getpwall()])
        raise SecurityError(f"there is no user {user!r}{near}") from None
    if found.pw_uid == 0 or found.pw_gid == 0:
        raise SecurityError(f"{user!r} is root, or of its group: nothing would be dropped")
    return _Identity(found.pw_uid, found.pw_gid, found.pw_name)


def _numbers(names: Iterable[str]) -> frozenset[int]:
    if isinstance(names, str):
        raise SecurityError(f"keep is a list of capabilities, got {names!r}; write [{names!r}]")
    numbers = set()
    for name in names:
        plain = name.lower().removeprefix("cap_")
        if plain not in CAPABILITIES:
            raise SecurityError(f"no capability {name!r}{suggest(plain, CAPABILITIES)}")
        if plain in _WAYS_BACK:
            raise SecurityError(f"{name} would be a way back to all privileges: it cannot be kept")
        numbers.add(CAPABILITIES.index(plain))
    return frozenset(numbers)


def _refuse_threads() -> None:
    number = len(os.listdir("/proc/self/task"))
    if number > 1:
        raise SecurityError(
            f"{number} threads are running, and each has its own privileges: drop them before "
            "threads are started"
        )


def _change(identity: _Identity) -> None:
    """Groups first: without the privilege to set the user, they cannot be set any more."""
    if os.geteuid() != 0 and os.getresuid() == (identity.user,) * 3:
        return
    try:
        os.setgroups([identity.group])
        os.setresgid(*(identity.group,) * 3)
        os.setresuid(*(identity.user,) * 3)
    except OSError as error:
        raise PermissionDenied(
            f"this process may not become '{identity.name}' ({error.strerror}): start it as root, "
            "or with the capabilities cap_setuid and cap_setgid"
        ) from error


def _verify(identity: _Identity, kept: frozenset[int]) -> None:
    """Look at what the process is now, and try to get back."""
    found = []
    if os.getresuid() != (identity.user,) * 3:
        found.append(f"user ids {os.getresuid()}")
    try:
        os.setresuid(0, 0, 0)
    except OSError:
        pass  # as it has to be
    else:
        found.append("the way back to root is open")
    if os.geteuid() != 0 and 0 in {*os.getresgid(), *os.getgroups()}:
        found.append("the group of root")
    if sys.platform == "linux" and (extra := _held() - kept):
        found.append(f"capabilities {', '.join(str(number) for number in sorted(extra))}")
    if found:
        raise SecurityError(f"privileges were not dropped, end the process: {'; '.join(found)}")


def _held() -> frozenset[int]:
    """The capabilities of this thread: permitted, effective, inheritable or ambient."""
    mask = 0
    with open("/proc/thread-self/status") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                mask |= int(value, 16)
    return frozenset(number for number in range(64) if mask >> number & 1)


def _drop_bounding(kept: frozenset[int]) -> None:
    """Nothing that is run later may gain them. Without setpcap it stays as it is, harmless then."""
    for number in range(64):
        if number in kept:
            continue
        if _prctl(_CAPBSET_READ, number, may_fail=_EINVAL) < 0:
            return  # the kernel knows no more of them
        _prctl(_CAPBSET_DROP, number, may_fail=_EPERM)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable"))


def _set_capabilities(kept: frozenset[int]) -> None:
    mask = sum(1 << number for number in kept)
    words = (mask & 0xFFFFFFFF, mask >> 32)
    data = (_Data * 2)(*(_Data(word, word, 0) for word in words))
    header = _Header(_CAPABILITY_VERSION_3, 0)
    _libc_call("capset", ctypes.byref(header), data)


def _prctl(option: int, argument: int, may_fail: int = 0) -> int:
    return _libc_call("prctl", *(ctypes.c_ulong(n) for n in (option, argument, 0, 0, 0)),
                      may_fail=may_fail)  # fmt: skip


def _libc_call(function: str, *arguments: object, may_fail: int = 0) -> int:
    """What it returns; -1 where it failed in the way it may."""
    result: int = getattr(ctypes.CDLL(None, use_errno=True), function)(*arguments)
    if result < 0 and ctypes.get_errno() != may_fail:
        words = os.strerror(ctypes.get_errno())
        raise SecurityError(f"privileges could not be dropped: {function}: {words}")
    return result
