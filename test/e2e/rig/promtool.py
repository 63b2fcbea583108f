# SPDX-License-Identifier: Apache-2.0
"""
The alerts on a simulated clock: Debian's promtool evaluates the rules of releases over series that a test
specifies.

  rules_of  the rules of rendered releases, as a file for promtool or Prometheus
  Release   the series of a healthy release, by metric and labels, which a test replaces or extends
  Case      some releases, and which alerts they raise at which minute
  run       all cases at once; returns promtool's output about those that fail

Values are in promtool's notation: `0+2x9` is 0, 2, 4, …; `_` is a scrape without the series. A sample is taken
every minute, beginning at the Unix epoch.
"""

import subprocess
from dataclasses import dataclass, field

import yaml

from . import tools

STEP_S = 60
HOURS = 3
SAMPLES = HOURS * 3600 // STEP_S


def rules_of(*releases):
    """Without annotations, which promtool compares literally."""
    groups = [group for release in releases for group in release.one("PrometheusRule")["spec"]["groups"]]
    for group in groups:
        group["rules"] = [{key: one[key] for key in one if key != "annotations"} for one in group["rules"]]
    return yaml.safe_dump({"groups": groups})


def flat(value):
    return f"{value}+0x{SAMPLES}"


def after(minutes, value, before="0"):
    """A value that changes to another one at a minute."""
    n = minutes * 60 // STEP_S
    return f"{before}+0x{n - 1} {value}+0x{SAMPLES - n}"


def absent_before(minutes, value):
    n = minutes * 60 // STEP_S
    return f"_x{n} {value}+0x{SAMPLES - n}"


def absent_after(minutes, value):
    return f"{value}+0x{minutes * 60 // STEP_S - 1} stale _x{SAMPLES}"


# The series of a healthy pod, by metric and labels.
WELL = {
    'sallyport_build_info{version="0.1.0"}': flat(1),
    "process_start_time_seconds": flat(-100000),
    "sallyport_issuer_up": flat(1),
    'sallyport_issuer_contradicts{setting="issuer"}': flat(0),
    "sallyport_rbac_age_seconds": flat(20),
    'sallyport_credentials_withheld_total{reason="unbound"}': f"0+3x{SAMPLES}",
    'sallyport_credentials_withheld_total{reason="proxy_key_wrong"}': flat(0),
    'sallyport_credential_expires_seconds{set="kubernetes"}': flat(1000000),
    'sallyport_certificate_valid_from_seconds{use="server"}': flat(-5000000),
    'sallyport_certificate_expires_seconds{use="server"}': flat(1000000),
    'sallyport_connections_refused_total{reason="untrusted"}': flat(0),
    'sallyport_connections_refused_total{reason="certificate"}': flat(0),
    'sallyport_connections_refused_total{reason="limit"}': flat(0),
    'sallyport_keys{state="sealing"}': flat(1),
    'sallyport_logins_total{result="started"}': f"0+3x{SAMPLES}",
    'sallyport_logins_total{result="completed"}': f"0+2x{SAMPLES}",
    'sallyport_logins_total{result="failed"}': flat(0),
    'sallyport_renewals_total{result="renewed"}': f"0+1x{SAMPLES}",
    'sallyport_renewals_total{result="invalid"}': flat(0),
    'sallyport_renewals_total{result="misconfigured"}': flat(0),
    "sallyport_sessions_overdue": flat(0),
    'sallyport_logout_tokens_total{result="unverified"}': flat(0),
    'sallyport_bearer_tokens_total{result="unverified"}': flat(0),
    "sallyport_revocations": flat(40),
    "sallyport_sessions_not_before_seconds": flat(0),
    'sallyport_decisions_total{dialect="traefik",verdict="allow",reason="none"}': f"0+900x{SAMPLES}",
    'sallyport_decisions_total{dialect="traefik",verdict="login",reason="no_session"}': f"0+9x{SAMPLES}",
    'sallyport_decision_seconds_bucket{waited="false",le="0.001"}': f"0+899x{SAMPLES}",
    'sallyport_decision_seconds_bucket{waited="false",le="0.1"}': f"0+900x{SAMPLES}",
    'sallyport_decision_seconds_bucket{waited="false",le="+Inf"}': f"0+900x{SAMPLES}",
    'sallyport_decision_seconds_bucket{waited="true",le="0.001"}': flat(0),
    'sallyport_decision_seconds_bucket{waited="true",le="0.1"}': flat(0),
    'sallyport_decision_seconds_bucket{waited="true",le="+Inf"}': f"0+90x{SAMPLES}",
    "sallyport_log_lines_dropped_total": flat(0),
    "sallyport_config_last_reload_successful": flat(1),
}


@dataclass
class Release:
    """`changed` has series of the last pod that replace, or add to, those of a healthy one."""

    namespace: str
    name: str
    changed: dict = field(default_factory=dict)
    pods: int = 2
    all_pods: bool = False

    @property
    def labels(self):
        return {"namespace": self.namespace, "service": f"{self.name}-sallyport-admin"}

    def series(self):
        for pod in range(self.pods):
            is_changed = self.all_pods or pod == self.pods - 1
            more = {**self.labels, "job": self.labels["service"], "instance": f"10.42.0.{pod}:9181", "pod": f"p{pod}"}
            at = ",".join(f'{key}="{value}"' for key, value in more.items())
            for name, values in {**WELL, **(self.changed if is_changed else {})}.items():
                if values is not None:
                    metric, _, own = name.partition("{")
                    yield {"series": f"{metric}{{{at}{',' + own if own else '}'}", "values": values}


@dataclass
class Case:
    """The alerts by minute: pairs of an alert and its labels, without those of the release."""

    releases: list
    raised: dict

    def written(self, alerts):
        of = {release.name: release for release in self.releases}
        checks = []
        for minute, raised in self.raised.items():
            for alert, severity in alerts.items():
                expected = [
                    {"exp_labels": {**of[name].labels, **more, "severity": severity}}
                    for known, name, more in raised
                    if known == alert
                ]
                checks.append({"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": expected})
        series = [one for release in self.releases for one in release.series()]
        return {"interval": f"{STEP_S}s", "input_series": series, "alert_rule_test": checks}


def run(folder, rules, cases):
    """What promtool reports about cases that fail; empty if all pass."""
    (folder / "rules.yaml").write_text(rules)
    (group, *_) = yaml.safe_load(rules)["groups"]
    alerts = {one["alert"]: one["labels"]["severity"] for one in group["rules"]}
    written = [case.written(alerts) for case in cases]
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": f"{STEP_S}s", "tests": written}
    (folder / "tests.yaml").write_text(yaml.safe_dump(document))
    done = subprocess.run(
        [tools.promtool(), "test", "rules", folder / "tests.yaml"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
