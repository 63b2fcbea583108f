# SPDX-License-Identifier: Apache-2.0
"""
Free loopback ports, below the range of outgoing connections.

A port stays leased to its process until that exits, even while nothing listens on it, because several test
processes run at once. The lease is a name in the kernel's abstract socket namespace, which only one
process can hold, and which disappears with the process.
"""

import random
import socket

_FIRST, _LAST = 10240, 32000
_leases = {}
_draw = random.SystemRandom()


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that only linger do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lease(port):
    """Leases the port to this process; true on success."""
    lease = socket.socket(socket.AF_UNIX)
    try:
        lease.bind(f"\0sallyport-test-port-{port}")
    except OSError:
        lease.close()
        return False
    _leases[port] = lease
    return True


def free_port():
    """A port on which nothing listens, and which no process has leased."""
    while True:
        port = _draw.randrange(_FIRST, _LAST)
        if _lease(port) and _is_free(port):
            return port


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_from(first):
    """The first free port from `first` on."""
    port = first
    while not _is_free(port):
        port += 1
    return port
