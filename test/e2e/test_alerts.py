# SPDX-License-Identifier: Apache-2.0
"""
The alerts of the chart, evaluated by promtool over the series in this file: two releases that share a
Prometheus, each with two pods.
"""

import re

import pytest
from rig.documents import anchors_of
from rig.promtool import SAMPLES, WELL, Case, Release, absent_after, absent_before, after, flat, rules_of, run
from rig.render import Rendered, values_of

DECISIONS = 'sallyport_decisions_total{dialect="traefik",verdict="%s",reason="%s"}'
LOGINS = 'sallyport_logins_total{result="%s"}'
TURNED_AWAY = DECISIONS % ("unavailable", "overloaded")
BASE = "https://git.example.com/sallyport/blob/main/doc/operating.md"

# A fault of one pod of two, and the labels of the alert besides those of the release.
WRONG = {
    "SallyportReplicaMissing": {'sallyport_build_info{version="0.1.0"}': absent_after(10, 1)},
    "SallyportIssuerDown": {"sallyport_issuer_up": after(10, 0, 1)},
    "SallyportIssuerContradicts": {'sallyport_issuer_contradicts{setting="issuer"}': after(10, 1)},
    "SallyportRbacOld": {"sallyport_rbac_age_seconds": after(10, 181, 20)},
    "SallyportProxyKeyWrong": {'sallyport_credentials_withheld_total{reason="proxy_key_wrong"}': f"0+1x{SAMPLES}"},
    "SallyportCredentialEnds": {'sallyport_credential_expires_seconds{set="kubernetes"}': flat(2000)},
    "SallyportCertificateExpires": {'sallyport_certificate_expires_seconds{use="server"}': flat(600000)},
    "SallyportUntrustedPeer": {'sallyport_connections_refused_total{reason="untrusted"}': f"0+1x{SAMPLES}"},
    "SallyportConnectionLimit": {'sallyport_connections_refused_total{reason="limit"}': after(10, 9)},
    "SallyportNoSealingKey": {'sallyport_keys{state="sealing"}': after(10, 0, 1)},
    "SallyportMiddlewareWrong": {DECISIONS % ("deny", "unknown_policy"): after(10, 7, 5)},
    "SallyportLoginsFail": {LOGINS % "failed": f"0+9x{SAMPLES}"},
    "SallyportRenewalsFail": {'sallyport_renewals_total{result="misconfigured"}': f"0+1x{SAMPLES}"},
    "SallyportSessionsOverdue": {"sallyport_sessions_overdue": after(10, 3)},
    "SallyportLogoutTokensUnverified": {'sallyport_logout_tokens_total{result="unverified"}': after(10, 1)},
    "SallyportBearerTokensUnverified": {'sallyport_bearer_tokens_total{result="unverified"}': f"0+1x{SAMPLES}"},
    "SallyportRevocationsFull": {"sallyport_revocations": after(10, 60001, 40)},
    "SallyportSessionsOfNowEnded": {"sallyport_sessions_not_before_seconds": after(10, 999999)},
    "SallyportSessionTooLarge": {DECISIONS % ("deny", "session_too_large"): after(10, 7, 5)},
    "SallyportOverloaded": {TURNED_AWAY: after(10, 7, 5)},
    "SallyportSlow": {
        'sallyport_decision_seconds_bucket{waited="false",le="0.001"}': f"0+850x{SAMPLES}",
    },
    "SallyportLogLinesDropped": {"sallyport_log_lines_dropped_total": after(10, 1)},
    "SallyportReloadFailed": {"sallyport_config_last_reload_successful": after(10, 0, 1)},
}
# The same, for faults that all pods must have.
TOLD = {
    "SallyportIssuerContradicts": {"setting": "issuer"},
    "SallyportMiddlewareWrong": {"reason": "unknown_policy"},
}
WRONG_WITH_ALL = {
    "SallyportDown": {name: absent_after(10, 1) for name in WELL},
    "SallyportNoSignInCompletes": {LOGINS % "completed": after(1, 5)},
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    changes = {"monitoring.prometheusRule.severity": {}}
    return [
        Rendered(folder, values_of("monitoring"), changes=changes, name=(name, namespace))
        for name, namespace in (("door", "access"), ("gate", "edge"))
    ]


@pytest.fixture(scope="module")
def rules(releases):
    """Alerts of the release `door` only."""
    return rules_of(releases[0])


def door(changed=None, **options):
    return Release("access", "door", changed or {}, **options)


GATE = Release("edge", "gate")


def raised(*alerts):
    return [(alert, "door", TOLD.get(alert, {})) for alert in alerts]


def test_releases_that_are_well_raise_nothing(tmp_path, releases):
    assert run(tmp_path, rules_of(*releases), [Case([door(), GATE], dict.fromkeys((5, 30, 70), []))]) == ""


def test_each_alert_is_raised_for_its_release_and_for_no_other(tmp_path, releases):
    alerts = {one["alert"] for one in releases[0].one("PrometheusRule")["spec"]["groups"][0]["rules"]}
    assert alerts == WRONG.keys() | WRONG_WITH_ALL.keys()
    cases = [Case([door(changed), GATE], {40: raised(alert)}) for alert, changed in WRONG.items()]
    cases += [
        Case([door(changed, all_pods=True), GATE], {40: raised(alert)}) for alert, changed in WRONG_WITH_ALL.items()
    ]
    assert run(tmp_path, rules_of(*releases), cases) == ""


def test_two_releases_raise_two_alerts(tmp_path, releases):
    down = {"sallyport_issuer_up": after(10, 0, 1)}
    both = [("SallyportIssuerDown", name, {}) for name in ("door", "gate")]
    case = Case([door(down), Release("edge", "gate", down)], {19: [], 21: both})
    assert run(tmp_path, rules_of(*releases), [case]) == ""


def test_a_short_burst_is_neither_missed_nor_forgotten_with_its_end(tmp_path, rules):
    """It is over before the next scrape: the first of its series, further ones, or all that a new pod ever saw."""
    lasts = {61: [], 63: raised("SallyportOverloaded"), 120: raised("SallyportOverloaded"), 124: []}
    first = {TURNED_AWAY: absent_before(62, 40)}
    new_pod = {name: f"_x62 {values}" for name, values in WELL.items()} | first
    unseen = {name: f"_x62 {values}" for name, values in {**WELL, TURNED_AWAY: flat(40)}.items()}
    cases = [
        Case([door(first)], lasts),
        Case([door({TURNED_AWAY: after(62, 45, 5)})], lasts),
        Case([door({**new_pod, "process_start_time_seconds": absent_before(62, 61 * 60)}, pods=3)], lasts),
        # The pod is not new, but Prometheus had not read it before.
        Case([door(unseen, all_pods=True)], {64: [], 100: []}),
    ]
    assert run(tmp_path, rules, cases) == ""


def test_a_restart_and_a_counter_that_begins_anew_raise_nothing(tmp_path, rules):
    restarted = {name: f"9000+0x69 0+0x{SAMPLES}" for name in WELL if name.partition("{")[0].endswith("_total")}
    restarted["process_start_time_seconds"] = after(70, 4190, -100000)
    again = {**restarted, TURNED_AWAY: f"40+0x69 stale 3+0x{SAMPLES}"}
    cases = [
        Case([door({**restarted, TURNED_AWAY: absent_after(70, 40)})], dict.fromkeys((71, 75, 90), [])),
        Case([door(again)], {70: [], 72: raised("SallyportOverloaded")}),  # there are new ones
    ]
    assert run(tmp_path, rules, cases) == ""


def test_a_replica_is_missed_after_ten_minutes_and_not_during_a_rollout(tmp_path, rules):
    info = 'sallyport_build_info{version="0.1.0"}'
    cases = [
        Case([door({info: absent_after(10, 1)})], {19: [], 21: raised("SallyportReplicaMissing")}),
        Case([door({info: f"1+0x9 stale _x3 1+0x{SAMPLES}"})], {11: [], 15: [], 24: []}),
        Case([door(pods=3)], {30: []}),
    ]
    assert run(tmp_path, rules, cases) == ""


def test_sign_ins_that_nobody_completes_are_told_after_half_an_hour(tmp_path, rules):
    """Logins work, and then none is completed. Neither a night without logins nor the morning after it is a fault."""
    started, completed = LOGINS % "started", LOGINS % "completed"
    stopped = {completed: f"0+2x20 40+0x{SAMPLES}"}
    morning = {started: f"0+0x40 0+3x{SAMPLES}", completed: f"0+0x44 0+2x{SAMPLES}"}
    cases = [
        Case([door(stopped, all_pods=True)], {45: [], 57: raised("SallyportNoSignInCompletes")}),
        Case([door(stopped)], {57: []}),  # the other pod completes the logins that this one began
        Case([door({started: flat(7), completed: flat(7)}, all_pods=True)], {60: []}),
        Case([door({started: after(40, 12, 7), completed: flat(7)})], {55: []}),  # five logins of a user who gave up
        Case([door(morning, all_pods=True)], dict.fromkeys((41, 44, 46, 70), [])),
    ]
    assert run(tmp_path, rules, cases) == ""


def test_a_certificate_of_a_day_is_due_in_the_last_fifth_of_it(tmp_path, rules):
    """From an hour before the expiry on, after ten minutes for the renewal."""
    day, due = 86400, 3600
    ends = due + day // 5
    of_a_day = {
        'sallyport_certificate_valid_from_seconds{use="client_ca"}': flat(ends - day),
        'sallyport_certificate_expires_seconds{use="client_ca"}': flat(ends),
    }
    renewed = {
        'sallyport_certificate_valid_from_seconds{use="client_ca"}': after(65, due, ends - day),
        'sallyport_certificate_expires_seconds{use="client_ca"}': after(65, due + day, ends),
    }
    cases = [
        Case([door(of_a_day)], {59: [], 69: [], 72: raised("SallyportCertificateExpires")}),
        Case([door(renewed)], dict.fromkeys((59, 69, 72, 100), [])),
    ]
    assert run(tmp_path, rules, cases) == ""


def test_one_event_is_no_alert_where_only_what_lasts_is(tmp_path, rules):
    once = {
        'sallyport_connections_refused_total{reason="untrusted"}': after(10, 1),
        'sallyport_connections_refused_total{reason="certificate"}': after(10, 1),
        'sallyport_credentials_withheld_total{reason="proxy_key_wrong"}': after(10, 1),
        'sallyport_renewals_total{result="invalid"}': after(10, 1),
        'sallyport_bearer_tokens_total{result="unverified"}': after(10, 1),
    }
    assert run(tmp_path, rules, [Case([door(once)], dict.fromkeys(range(11, 23), []))]) == ""


def test_an_answer_that_waited_for_the_issuer_does_not_count_as_slow(tmp_path, rules):
    waits = {'sallyport_decision_seconds_bucket{waited="true",le="+Inf"}': f"0+900x{SAMPLES}"}
    assert run(tmp_path, rules, [Case([door(waits)], {40: []})]) == ""


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ({"replicas": 3}, 3),
        ({"replicas": 1}, None),
        ({"autoscaling.enabled": True, "autoscaling.minReplicas": 4}, 4),
    ],
)
def test_the_chart_knows_how_many_replicas_there_are(render, changes, least):
    (group,) = render("monitoring", **changes).one("PrometheusRule")["spec"]["groups"]
    found = [one["expr"] for one in group["rules"] if one["alert"] == "SallyportReplicaMissing"]
    assert [int(re.search(r"< (\d+)$", expr)[1]) for expr in found] == ([least] if least else [])


def test_each_alert_leads_to_its_section(render):
    without = render("monitoring").one("PrometheusRule")["spec"]["groups"][0]["rules"]
    assert not [one for one in without if "runbook_url" in one["annotations"]]
    changes = {"monitoring.prometheusRule.runbookBase": BASE}
    rules = render("monitoring", **changes).one("PrometheusRule")["spec"]["groups"][0]["rules"]
    urls = [one["annotations"]["runbook_url"] for one in rules]
    assert len(set(urls)) == len(rules)
    assert [url for url in urls if url.partition("#")[0] != BASE] == []
    assert {url.partition("#")[2] for url in urls} - anchors_of("doc/operating.md") == set()
