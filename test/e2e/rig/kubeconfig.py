# SPDX-License-Identifier: Apache-2.0
"""Kubeconfigs: where a Kubernetes client finds the API server, and as which user."""

import uuid

import yaml


def kubeconfig(server, ca_file=None, namespace=None, cluster=(), **user):
    """`cluster` has additional members of the cluster; `user` has all members of the user."""
    context = {"cluster": "rig", "user": "rig", **({"namespace": namespace} if namespace else {})}
    trust = {"certificate-authority": str(ca_file)} if ca_file else {}
    cluster = {"server": server, **trust, **dict(cluster)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "rig", "cluster": cluster}],
            "users": [{"name": "rig", "user": user}],
            "contexts": [{"name": "rig", "context": context}],
            "current-context": "rig",
        }
    )


def write_kubeconfig(folder, server, ca_file=None, **others):
    path = folder / f"kubeconfig-{uuid.uuid4().hex[:8]}"
    path.touch(mode=0o600)
    path.write_text(kubeconfig(server, ca_file, **others))
    return path
