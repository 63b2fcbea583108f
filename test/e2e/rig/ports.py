# SPDX-License-Identifier: Apache-2.0
"""Free ports of the loopback address, below the range that outgoing connections draw from."""

import random
import socket

_FIRST, _LAST = 10240, 32000
_given = set()
_draw = random.SystemRandom()


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what only lingers is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """A port that nobody listens on and that was not given out before by this process."""
    while True:
        port = _draw.randrange(_FIRST, _LAST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def port_from(first):
    """The first free port from `first` on: the usual one, unless something else has it."""
    port = first
    while not _is_free(port):
        port += 1
    return port
