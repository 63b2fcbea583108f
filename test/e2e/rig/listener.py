# SPDX-License-Identifier: Apache-2.0
"""The auth listener over TLS: its certificate, those of its clients, and the authorities of both."""

import ssl

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .ca import Authority

NAME = "traefik.ingress.svc"
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH


class Listener:
    """
    `authority` signs the listener's certificate; a separate authority signs its clients' certificates. Certificate
    and key are files as the kubelet mounts them: links through `..data`, which is switched in one step.
    """

    def __init__(self, authority, folder):
        self.authority, self._folder, self._made_n = authority, folder, 0
        self.cert_file, self.key_file = folder / "tls.crt", folder / "tls.key"
        self.clients = Authority(self._own_folder(), ["clients.test"])
        self.client_ca_file = self.clients.ca_file
        self.renew()
        self.link()

    def link(self):
        """Also if other files have replaced the links."""
        for path in (self.cert_file, self.key_file):
            path.unlink(missing_ok=True)
            path.symlink_to(f"..data/{path.name}")

    def _own_folder(self):
        self._made_n += 1
        folder = self._folder / f"certificates-{self._made_n}"
        folder.mkdir()
        return folder

    def renew(self, **faults):
        """Installs a new certificate with its key."""
        folder = self._own_folder()
        new = self.authority.server(folder, ["app.test"], **faults)
        new.key_file.chmod(0o600)
        new.cert_file.rename(folder / self.cert_file.name)
        new.key_file.rename(folder / self.key_file.name)
        (self._folder / "..data_tmp").symlink_to(folder.name)
        (self._folder / "..data_tmp").rename(self._folder / "..data")

    def serial_shown(self):
        return x509.load_pem_x509_certificate(self.cert_file.read_bytes()).serial_number

    def settings(self, *, clients=False):
        """The settings of sallyport; with `clients`, clients must have a certificate."""
        settings = {"tls_cert_file": str(self.cert_file), "tls_key_file": str(self.key_file)}
        if clients:
            settings["tls_client_ca_file"] = str(self.client_ca_file)
            settings["tls_client_names"] = [NAME]
        return settings

    def client(self, authority=None, names=(NAME,), **faults):
        """The files of a client's certificate and key."""
        alternatives = [
            x509.UniformResourceIdentifier(name) if "://" in name else x509.DNSName(name) for name in names
        ]
        return (authority or self.clients).client(self._own_folder(), NAME, names=alternatives, **faults)

    def forward_auth(self, *, clients=False, inline=False):
        """The settings of Traefik's middleware: files or, with `inline`, their content, as with its Kubernetes provider."""
        told = {"ca": self.authority.ca_file}
        if clients:
            told["cert"], told["key"] = self.client()
        return {name: file.read_text() if inline else str(file) for name, file in told.items()}

    def context(self, files=None, *, version=None, protocols=None):
        """The context of a client, with the certificate in `files`, if any; `version` is the only version of TLS."""
        context = self.authority.client_context()
        if files:
            context.load_cert_chain(*files)
        if version:
            context.minimum_version = context.maximum_version = version
        if protocols:
            context.set_alpn_protocols(protocols)
        return context


VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
