# SPDX-License-Identifier: Apache-2.0
"""
Prometheus itself, as packaged by Debian. It scrapes one running sallyport with the labels that a pod of a release
gets from the ServiceMonitor of the chart, and evaluates rules.
"""

import http.client
import json
from urllib.parse import urlencode

import yaml

from . import tools
from .ports import free_port
from .process import Process

INTERVAL = "500ms"


class Prometheus(Process):
    """`releases` has the labels of releases, each with a namespace and a service; the pod appears to belong to each."""

    def __init__(self, folder, address, releases, rules):
        self._listen = f"127.0.0.1:{free_port()}"
        jobs = [
            {
                "job_name": labels["service"],
                "static_configs": [{"targets": [address], "labels": {**labels, "pod": "sallyport-0"}}],
            }
            for labels in releases
        ]
        config = {
            "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
            "rule_files": ["rules.yaml"],
            "scrape_configs": jobs,
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        (folder / "rules.yaml").write_text(rules)
        command = [
            tools.prometheus(),
            "--config.file=prometheus.yaml",
            f"--storage.tsdb.path={folder / 'series'}",
            f"--web.listen-address={self._listen}",
        ]
        super().__init__("prometheus", command, folder)
        self.wait_until(lambda: len(self.query("up == 1")) == len(jobs), "every target read")

    def _get(self, path):
        connection = http.client.HTTPConnection(self._listen, timeout=20)
        try:
            connection.request("GET", path)
            answered = json.loads(connection.getresponse().read())
        except (ConnectionError, ValueError):  # it does not listen yet, or has not read its storage yet
            return None
        finally:
            connection.close()
        assert answered["status"] == "success", answered
        return answered["data"]

    def query(self, text):
        """The values of an instant query with their labels, without NaN."""
        data = self._get(f"/api/v1/query?{urlencode({'query': text})}") or {"result": []}
        return [(one["metric"], float(one["value"][1])) for one in data["result"] if one["value"][1] != "NaN"]

    def rules(self):
        return [rule for group in self._get("/api/v1/rules")["groups"] for rule in group["rules"]]
