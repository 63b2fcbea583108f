# SPDX-License-Identifier: Apache-2.0
"""A certificate authority made for one run, and the one certificate that all servers of the run share."""

import base64
import datetime
import hashlib
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject, issuer, public_key, begins_h=-1, ends_h=30 * 24):
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(hours=begins_h))
        .not_valid_after(now + datetime.timedelta(hours=ends_h))
    )


def mail(address):
    """An alternative name other than a host name."""
    return x509.RFC822Name(address)


def _key_usage(**allowed):
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


@dataclass
class Server:
    """Certificate and key of one server; `newest` is the newest version of TLS that it speaks."""

    cert_file: Path
    key_file: Path
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file, self.key_file)
        if self.newest < ssl.TLSVersion.TLSv1_2:
            allow_old_versions(context)
        context.maximum_version = self.newest
        return context


def allow_old_versions(context):
    """OpenSSL supports TLS 1.0 and 1.1 only at security level 0."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1


class Authority:
    """Writes `ca.pem`, `cert.pem` and `key.pem` into `folder`; the certificate names every host."""

    def __init__(self, folder, hosts):
        self.ca_file = folder / "ca.pem"
        self.cert_file = folder / "cert.pem"
        self.key_file = folder / "key.pem"
        self._ca_key = ec.generate_private_key(ec.SECP256R1())
        self._ca = self._make_ca()
        self.ca_file.write_bytes(self._ca.public_bytes(_PEM))
        self._write_leaf(self.cert_file, self.key_file, hosts)

    def _make_ca(self):
        name = _name("sallyport test authority")
        return (
            _builder(name, name, self._ca_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .sign(self._ca_key, hashes.SHA256())
        )

    def _write_leaf(
        self,
        cert_file,
        key_file,
        hosts,
        *,
        self_signed=False,
        names=None,
        usage=ExtendedKeyUsageOID.SERVER_AUTH,
        **times,
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        if names is None:
            names = [x509.DNSName(host) for host in hosts]
            names += [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
        subject = _name(hosts[0])
        leaf = (
            _builder(subject, subject if self_signed else self._ca.subject, key.public_key(), **times)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        if names:
            leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False)
        leaf = leaf.sign(key if self_signed else self._ca_key, hashes.SHA256())
        cert_file.write_bytes(leaf.public_bytes(_PEM))
        key_file.write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )

    def server(self, folder, hosts, **faults):
        """
        A server with its own certificate. `begins_h` and `ends_h` are hours from now; `names` are its
        alternative names, by default those of the hosts.
        """
        server = Server(folder / "server.pem", folder / "server-key.pem")
        self._write_leaf(server.cert_file, server.key_file, hosts, **faults)
        return server

    def client(self, folder, name, *, names=(), usage=ExtendedKeyUsageOID.CLIENT_AUTH, **faults):
        """The files of a client's certificate and key; `names` are its alternative names."""
        files = folder / "client.pem", folder / "client-key.pem"
        self._write_leaf(*files, [name], names=list(names), usage=usage, **faults)
        return files

    def client_context(self):
        return ssl.create_default_context(cafile=self.ca_file)

    def server_context(self):
        return Server(self.cert_file, self.key_file).server_context()

    def pin(self):
        """The hash with which Chromium is configured to accept certificates signed by this authority."""
        certificate = x509.load_pem_x509_certificate(self.cert_file.read_bytes())
        der = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(hashlib.sha256(der).digest()).decode()
