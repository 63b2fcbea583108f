# SPDX-License-Identifier: Apache-2.0
"""
The examples in doc/recipes.md for Kubernetes: a real API server accepts the objects, real Traefik reads the route of
the applications, and the values that Argo CD or Flux contain always render the same.
"""

import re

import pytest
import yaml
from rig.app import App
from rig.documents import of_kind, under
from rig.process import wait_for
from rig.render import Rendered
from test_documented_clusters import assert_asks, make_place  # noqa: F401

PAGE = "doc/recipes.md"


def install(place, *options):
    """The chart, with the values that were written."""
    place.run("kubectl --namespace sallyport create secret generic sallyport-client --from-literal client-secret=5f0c6a1d9b")
    place.run(f"helm install sallyport helm/sallyport --namespace sallyport --values values.yaml {' '.join(options)}")


@pytest.mark.xdist_group("cluster")
def test_the_route_and_the_values_for_k3s_protect_an_application(make_place):  # noqa: F811
    place = make_place(names=["app.example.com"], namespaces=["apps", "sallyport"])
    place.write("values.yaml", under(PAGE, "k3s", "yaml values").text)
    install(place)
    app, sallyport = place.publish("app", "apps"), place.asked("sallyport", "sallyport")
    place.apply(under(PAGE, "Kubernetes", "yaml kubernetes").text)
    place.traefik(["apps", "sallyport"])
    assert_asks(place, "app.example.com", app, sallyport)


@pytest.mark.xdist_group("cluster")
def test_the_route_of_the_dashboard_leads_to_it_and_the_key_of_its_chain_does_not(make_place):  # noqa: F811
    route = under(PAGE, "Kubernetes Dashboard", "yaml kubernetes")
    _, transport, service = route.documents()
    name = transport["spec"]["serverName"]
    assert service["spec"]["externalName"] == name
    place = make_place(names=["dashboard.example.com", name], namespaces=["infra", "kubernetes-dashboard", "sallyport"])
    place.write("values.yaml", under("doc/kubernetes.md", "Dashboards", "yaml values").text)
    install(place, "--set rbac.impersonation=none")
    app = place.publish(*name.split(".")[:2], 443, context=place.authority.server_context())
    sallyport = place.asked("sallyport", "sallyport")
    place.run(f"kubectl --namespace sallyport create secret generic dashboard-ca --from-file ca.crt={place.authority.ca_file}")
    place.apply(route.text)
    place.traefik(["sallyport"], crd={"allowExternalNameServices": True})
    wait_for(lambda: place.get("dashboard.example.com", "/x").status == 200, "the route")
    question = sallyport.questions[-1]
    assert question.target == "/auth/traefik?headers=kubernetes" and question.value("X-Sallyport-Proxy-Key")
    assert app.last.values("X-Sallyport-Proxy-Key") == []

    other = '{"spec": {"serverName": "dashboard.elsewhere.example.com"}}'
    place.run(f"kubectl --namespace sallyport patch serverstransport dashboard --type merge --patch '{other}'")
    wait_for(lambda: place.get("dashboard.example.com", "/x").status == 500, "the certificate to be refused")


@pytest.mark.xdist_group("cluster")
@pytest.mark.parametrize("block", of_kind("yaml kubernetes", PAGE), ids=str)
def test_objects_are_ones_that_the_api_server_takes(block, cluster):
    for one in block.documents():
        where = cluster.namespace("recipes")
        cluster.api.apply({**one, "metadata": {**one["metadata"], "namespace": where}}, dryRun="All")


# ---- from Git ---------------------------------------------------------------------------------------------------


def values_of(block):
    spec = block.documents()[0]["spec"]
    return spec["values"] if "values" in spec else spec["source"]["helm"]["valuesObject"]


def rendered(folder, values):
    (folder / "values.yaml").write_text(yaml.safe_dump(values))
    return Rendered(folder, folder / "values.yaml", name=("sallyport", "sallyport"))


@pytest.mark.parametrize("block", of_kind("yaml gitops", PAGE), ids=str)
def test_the_chart_with_existing_secrets_is_rendered_alike_each_time(block, tmp_path):
    values = values_of(block)
    first, second = (rendered(tmp_path, values) for _ in range(2))
    assert first.text == second.text and not first.of_kind("Secret")
    made = re.findall(r"create secret generic (\S+)", under(PAGE, "The chart from Git", "sh norun").text)
    assert made == [values["keys"]["existingSecret"], values["clientSecret"]["existingSecret"]]


def test_without_them_keys_change_at_each_rendering_and_proxy_keys_where_none_is_given(tmp_path):
    values = values_of(under(PAGE, "The chart with Argo CD", "yaml gitops"))
    bound = {"set": "kubernetes", "host": "kube.example.com", "service_account": "infra/door"}
    bound["proxy_key_file"] = "proxy-key-kube"
    config = {**values["config"], "bearer_audiences": ["kubectl"], "credentials": [bound]}

    def are_alike(**changes):
        first, second = (rendered(tmp_path, {**values, **changes}) for _ in range(2))
        return first.text == second.text

    assert not are_alike(keys={})
    kube = {"headers": "kubernetes"}
    assert not are_alike(config=config, traefik={"middlewares": {"kube": kube}})
    assert are_alike(config=config, traefik={"middlewares": {"kube": {**kube, "proxyKey": 43 * "k"}}})
