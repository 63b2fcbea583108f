# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus reads a real instance with real traffic: the queries of dashboard, alerts and documents have
results."""

import os
import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from rig.browser import Browser
from rig.documents import of_kind
from rig.process import wait_for
from rig.prometheus import Prometheus
from rig.raw import Asker, subrequest
from rig.site import EDGES
from test_chart import dashboard

# One Prometheus reads the traffic of one moment for all of them.
pytestmark = pytest.mark.xdist_group("prometheus")

# The release that the chart renders, and the one that the documents ask for, which is of another cluster.
CHART = {"namespace": "access", "service": "door-sallyport-admin"}
PAGE = {"namespace": "sallyport", "service": "sallyport-admin", "cluster": "west"}
# Why a query has no result here, by the title of its panel or the metric on a page.
SILENT = {
    "Bindings of the cluster": "no rule asks the cluster",
    "Age of the bindings": "no rule asks the cluster",
    "sallyport_rbac_age_seconds": "no rule asks the cluster",
    "Remaining lifetime of account tokens": "there is no binding of an account",
    "Remaining lifetime of the certificates": "the auth listener is plain",
    "Sessions not accepted before": "nobody has ended all sessions",
}


@pytest.fixture(scope="module")
def site(usual_site):
    return usual_site(EDGES[0])


def ask_each(site, authority):
    """One of each: a sign-in, a page, a refusal, and a middleware with a wrong address."""
    browser = Browser(authority)
    browser.log_in(site.url("/"))
    browser.navigate(site.url("/"))
    with Asker(site.sallyport.listen) as asker:
        asker.ask()
        asker.send(subrequest(target="/auth/traefik?policy=nope"))


@pytest.fixture(scope="module")
def prometheus(site, render, rig, tmp_path_factory):
    """Scrapes the instance before there is traffic, and again between two rounds of traffic."""
    rules = yaml.safe_dump(render("monitoring").one("PrometheusRule")["spec"])
    folder = tmp_path_factory.mktemp("prometheus")
    prometheus = Prometheus(folder, site.sallyport.admin_listen, (CHART, PAGE), rules)
    ask_each(site, rig.authority)
    wrong = 'sallyport_decisions_total{reason="unknown_policy"}'
    prometheus.wait_until(lambda: len(prometheus.query(wrong)) == 2, "what was asked")
    ask_each(site, rig.authority)
    yield prometheus
    prometheus.stop()


def of_dashboard(panels):
    """Every query by the title of its panel, as Grafana would send it where all is chosen, and no cluster is there."""
    meant = {"$cluster": ".*", "$namespace": "access", "$service": "door-sallyport-admin", "$__rate_interval": "1m"}
    for panel in panels:
        for target in panel.get("targets", []):
            text = target["expr"]
            for variable, value in meant.items():
                text = text.replace(variable, value)
            assert "$" not in text, text
            yield panel["title"], text


def of_documents():
    """Every query of the documents by its metric; over the short time that there is, in place of a month."""
    for block in of_kind("promql"):
        yield re.search(r"sallyport_\w+", block.text)[0], block.text.replace("[30d:1m]", "[1m:1s]").replace("30d", "1m")


def test_every_query_of_dashboard_and_documents_is_answered(prometheus, render):
    asked = [*of_dashboard(dashboard(render("monitoring"))["panels"]), *of_documents()]
    assert len(asked) > 35
    expected = [query for name, query in asked if name not in SILENT]
    with suppress(AssertionError):  # which would not tell those that are left
        wait_for(lambda: all(map(prometheus.query, expected)), "answers")
    assert [query for query in expected if not prometheus.query(query)] == []
    said = {name: prometheus.query(query) for name, query in asked if name in SILENT}
    assert said == dict.fromkeys(SILENT, [])


def test_the_objectives_are_met_by_what_works(site, prometheus):
    queries = dict(of_documents())
    logins = wait_for(lambda: prometheus.query(queries["sallyport_logins_total"]), "sign-ins")
    decided = wait_for(lambda: prometheus.query(queries["sallyport_decision_seconds_bucket"]), "decisions")
    assert [value for _, value in logins] == [1] and 0 < decided[0][1] <= 1
    waited = site.sallyport.metric("sallyport_decision_seconds_count", waited="true")
    assert 0 < waited < site.sallyport.metric("sallyport_decision_seconds_count", waited="false")


def test_the_variables_of_the_dashboard_find_the_release(prometheus, render):
    variables = dashboard(render("monitoring"))["templating"]["list"][1:]

    def offered(**chosen):
        """The values of each variable if a value of the earlier variables is chosen, or else all of them."""
        found = {}
        for variable in variables:
            query = variable["query"]["query"]
            series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
            for name, (values, all_value) in found.items():
                series = series.replace(f"${name}", chosen.get(name) or all_value or "|".join(values))
            values = sorted({metric[label] for metric, _ in prometheus.query(series) if label in metric})
            found[variable["name"]] = values, variable.get("allValue")
            assert (variable["includeAll"], variable["multi"], variable["definition"]) == (True, True, query)
        return {name: values for name, (values, _) in found.items()}

    # One release has no label `cluster`, and is there when all clusters are chosen.
    both = {name: [CHART[name], PAGE[name]] for name in CHART}
    assert offered() == {"cluster": ["west"], **both}
    assert offered(cluster="west") == {name: [value] for name, value in PAGE.items()}


def test_prometheus_takes_the_rules_and_raises_the_alert_of_the_release(prometheus):
    firing = 'ALERTS{alertstate="firing"}'
    found = wait_for(lambda: prometheus.query(firing), "an alert")
    labels = {key: found[0][0][key] for key in ("alertname", "namespace", "service", "reason", "severity")}
    assert labels == {
        "alertname": "SallyportMiddlewareWrong",
        **CHART,
        "reason": "unknown_policy",
        "severity": "warning",
    }
    assert [rule["name"] for rule in prometheus.rules() if rule["health"] != "ok" or rule.get("lastError")] == []


def test_what_the_process_uses_is_what_the_system_says(site, prometheus):
    """With the names of every client library, so that dashboards for any program show this one, too."""
    folder = Path(f"/proc/{site.sallyport.pid}")
    status = dict(re.findall(r"^(\w+):\s+(\d+)", (folder / "status").read_text(), re.M))
    ticks = int((folder / "stat").read_text().rpartition(")")[2].split()[19])
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    started = time.time() - up_s + ticks / os.sysconf("SC_CLK_TCK")
    (limit,) = re.findall(r"^Max open files +(\d+)", (folder / "limits").read_text(), re.M)

    def told(name):
        query = f'process_{name}{{namespace="{PAGE["namespace"]}"}}'
        ((_, value),) = wait_for(lambda: prometheus.query(query), name)  # none after a scrape that took too long
        return value

    assert told("threads") == int(status["Threads"])
    assert told("max_fds") == int(limit)
    assert told("open_fds") == pytest.approx(len(os.listdir(folder / "fd")), abs=8)
    assert told("resident_memory_bytes") == pytest.approx(int(status["VmRSS"]) * 1024, rel=0.5)
    assert told("virtual_memory_bytes") == pytest.approx(int(status["VmSize"]) * 1024, rel=0.5)
    assert told("start_time_seconds") == pytest.approx(started, abs=5)
    assert 0 < told("cpu_seconds_total") < 600
