# SPDX-License-Identifier: Apache-2.0
"""
Runs a program from another root file system, like a container runtime:

    unshare --mount python3 enter.py ROOT CONFIGURATION UID ENVIRONMENT EMULATOR PROGRAM [ARGUMENT…]

The root is read-only, and so is the folder CONFIGURATION at its /etc/sallyport. The program has the user UID, no
group and no capabilities, cannot gain any, sees the ENVIRONMENT (JSON) and nothing of this one, and exits with its
parent. It uses the machine's network, so that the tests can reach it. EMULATOR, if not empty, is the program of
this machine that runs programs for the root's processor; it needs nothing of the root.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
LIBC = ctypes.CDLL(None, use_errno=True)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def mount_read_only(source, target):
    mount("--bind", source, target)
    mount("-o", "remount,bind,ro", target)


def prctl(option, value):
    if LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def become(uid):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main(root, configuration, uid, environment, emulator, *command):
    running = os.open(emulator, os.O_RDONLY) if emulator else command[0]
    mount_read_only(root, root)
    mount_read_only(configuration, f"{root}/etc/sallyport")
    mount("-t", "proc", "proc", f"{root}/proc")
    os.chroot(root)
    os.chdir("/")
    become(int(uid))
    os.execve(running, [emulator, *command] if emulator else command, json.loads(environment))


if __name__ == "__main__":
    main(*sys.argv[1:])
