# SPDX-License-Identifier: Apache-2.0
"""
Runs the Jobs of a cluster, and the pods of `helm test`: the program runs as the pod specifies, and its exit is
written into the status, where helm waits for it. Other pods are ignored.
"""

import datetime
import http.client
import json
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from .pod import container_of
from .sallyport import run


class Jobs:
    """The Jobs of one API server; `said` has the output of each program, by namespace and name."""

    def __init__(self, api, folder):
        self._api, self._folder = api, folder
        self.said = {}
        self._ended = False
        self._connections = {}
        self._watchers = [
            threading.Thread(target=self._watch, args=kind, daemon=True) for kind in (("batch/v1", "Job"), ("v1", "Pod"))
        ]
        for watcher in self._watchers:
            watcher.start()

    def stop(self):
        self._ended = True
        for connection in self._connections.values():
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        for watcher in self._watchers:
            watcher.join(10)

    def _watch(self, *kind):
        while not self._ended:
            with suppress(OSError, http.client.HTTPException, ValueError):
                self._follow(kind)

    def _follow(self, kind):
        connection = self._connections[kind] = self._api.connection()
        connection.timeout = None
        headers = {"Authorization": f"Bearer {self._api.token}"}
        connection.request("GET", f"{self._api.path(*kind)}?watch=1", headers=headers)
        for line in connection.getresponse():
            event = json.loads(line)
            if event["type"] == "ADDED":
                self._take(*kind, event["object"])

    def _take(self, api_version, kind, one):
        status, metadata = one.get("status") or {}, one["metadata"]
        if kind == "Job" and not status.get("conditions"):
            spec, write = one["spec"]["template"]["spec"], _of_job
        elif kind == "Pod" and metadata.get("annotations", {}).get("helm.sh/hook") == "test":
            spec, write = one["spec"], _of_pod
        else:
            return
        succeeded = self._run(metadata, spec)
        path = self._api.path(api_version, kind, metadata["namespace"], metadata["name"])
        changes = {"status": write(succeeded)}
        self._api.call("PATCH", f"{path}/status", changes, "application/merge-patch+json")

    def _run(self, metadata, spec):
        """Whether the program succeeded; a missing file is a failure."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            arguments, environment = container_of(self._api, metadata["namespace"], spec, folder)
            done = run(*arguments, env=environment, check=False)
            said, succeeded = done.stdout + done.stderr, done.returncode == 0
        except AssertionError as error:
            said, succeeded = str(error), False
        self.said[metadata["namespace"], metadata["name"]] = said
        return succeeded


def _now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of_job(succeeded):
    now = _now()
    types = ("SuccessCriteriaMet", "Complete") if succeeded else ("FailureTarget", "Failed")
    conditions = [{"type": one, "status": "True", "lastTransitionTime": now, "reason": "Test"} for one in types]
    if succeeded:
        return {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": conditions}
    return {"startTime": now, "failed": 1, "conditions": conditions}


def _of_pod(succeeded):
    return {"phase": "Succeeded" if succeeded else "Failed"}
