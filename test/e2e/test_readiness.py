# SPDX-License-Identifier: Apache-2.0
"""
What makes an instance unready because of the issuer: a well-formed document that contradicts the configuration, and
only while no usable one was read. So a wrong version does not replace a working one in a rollout, and no fault of the
issuer stops running instances.
"""

import json

import pytest
from rig.issuer import Answer
from rig.process import wait_for
from rig.raw import NAVIGATION, Asker

CONTRADICTIONS = {
    "issuer": {"issuer": "https://dex.elsewhere.example.com/dex"},
    "client_auth": {"token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"]},
    "pkce": {"code_challenge_methods_supported": ["plain"]},
}


def readiness(sallyport):
    status, body = sallyport.admin("/readyz")
    document = json.loads(body)
    assert document["ready"] == (status == 200)
    return status, document


def contradicting(issuer, metadata):
    """The correct document with other members."""

    def answer(question):
        issuer.metadata = metadata
        try:
            return issuer.honest(question)
        finally:
            issuer.metadata = {}

    return answer


def in_turn(issuer, *answers):
    """Answers requests for discovery with one document after the other, and from then on with the last."""
    rest = list(answers)
    issuer.on["discovery"] = lambda question: (rest.pop(0) if len(rest) > 1 else rest[0])(question)


def refusals(sallyport, n):
    """Waits until discovery has failed `n` times."""
    return wait_for(lambda: len(sallyport.events("issuer_failed")) >= n, f"{n} failures", 30)


@pytest.mark.parametrize("setting", CONTRADICTIONS)
def test_a_new_instance_whose_issuer_contradicts_its_configuration_is_not_ready(
    make_sallyport, make_issuer, setting
):
    issuer = make_issuer()
    issuer.metadata = CONTRADICTIONS[setting]
    sallyport = make_sallyport(issuer=issuer)

    status, document = readiness(sallyport)
    assert status == 503 and document["issuer_contradicts"] == setting
    assert sallyport.metric("sallyport_issuer_contradicts", setting=setting) == 1
    assert sallyport.metric("sallyport_issuer_contradicts") == 1
    assert sallyport.admin("/healthz")[0] == 200
    with Asker(sallyport.listen) as asker:
        answer = asker.ask("/x", more=NAVIGATION)
        assert asker.ask("/open").status == 200
    assert answer.status == 503 and answer.reason == "issuer_unusable"
    assert "This site is misconfigured" in answer.body.decode()


def test_an_issuer_that_is_away_makes_no_instance_unready(make_sallyport, make_issuer):
    foreign = b'{"issuer": "https://dex.elsewhere.example.com/dex"}'
    for answer in (Answer(404, b"404 page not found"), Answer(200, b"<html>"), Answer(200, foreign)):
        issuer = make_issuer()
        issuer.on["discovery"] = lambda question, answer=answer: answer
        sallyport = make_sallyport(issuer=issuer)
        status, document = readiness(sallyport)
        assert status == 200 and document["issuer"] == "down" and "issuer_contradicts" not in document
        assert sallyport.metric("sallyport_issuer_contradicts") == 0


def test_a_contradiction_stays_until_the_document_is_right_and_then_for_ever_harmless(
    make_sallyport, make_issuer
):
    """Two in parallel, because each includes the pauses between attempts."""
    mended, once_right = make_issuer(), make_issuer()
    in_turn(
        mended,
        contradicting(mended, CONTRADICTIONS["issuer"]),
        lambda question: Answer(404, b"gone"),
        mended.honest,
    )
    in_turn(once_right, once_right.honest, contradicting(once_right, CONTRADICTIONS["pkce"]))
    once_right.on["keys"] = lambda question: Answer(500)  # so that discovery is read again at once
    first, second = make_sallyport(issuer=mended), make_sallyport(issuer=once_right)

    assert readiness(first)[0] == 503 and readiness(second)[0] == 200
    refusals(second, 2)
    assert second.events("issuer_failed")[-1]["document"] == "discovery"
    assert readiness(second)[0] == 200
    refusals(first, 2)
    assert readiness(first)[0] == 503
    first.wait_for_event("issuer_updated", deadline_s=30)
    assert readiness(first) == (200, {**readiness(first)[1], "issuer": "up"})
