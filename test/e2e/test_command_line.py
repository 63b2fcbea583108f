# SPDX-License-Identifier: Apache-2.0
"""The commands, as an operator types them."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml
from rig import tools
from rig.sallyport import SANITIZERS, run, write_files

SMALLEST = {
    "issuer": "https://dex.central.example.com/dex",
    "client_id": "sallyport",
    "client_secret_file": "client-secret",
    "keys_file": "keys",
    "policies": {"default": "authenticated"},
}

SECRET = "a-secret-of-some-length"


@pytest.fixture
def check(tmp_path):
    """Runs `sallyport check` on a configuration; returns the status and everything that it prints."""

    def checked(config, *options, env=None):
        path = write_files(tmp_path, config, SECRET) if isinstance(config, dict) else None
        if path is None:
            write_files(tmp_path, SMALLEST, SECRET)
            path = tmp_path / "sallyport.yaml"
            path.write_text(config)
        done = run("check", "--config", path, *options, check=False, env=env)
        return done.returncode, done.stdout + done.stderr

    return checked


def test_the_version_names_the_program_and_its_libraries():
    text = run("version").stdout

    assert re.search(r"sallyport \d+\.\d+\.\d+", text)
    assert re.search("h2o", text, re.I) and re.search("OpenSSL", text, re.I)


def test_the_smallest_configuration_of_the_documentation_is_right(check):
    assert check(SMALLEST)[0] == 0


def test_a_command_that_does_not_exist_is_a_matter_of_usage():
    for arguments in (["nonsense"], ["serve", "--nonsense"], ["check", "--config"], ["keygen"]):
        done = run(*arguments, check=False)
        assert done.returncode == 2 and done.stderr, arguments


def test_a_misspelt_command_or_option_is_answered_with_the_nearest():
    for arguments, said in (
        (["chekc"], 'unknown command "chekc": did you mean "check"?'),
        (["keygne", "keys"], 'did you mean "keygen"?'),
        (["nonsense"], 'unknown command "nonsense"\n'),
        (["check", "--confg", "x"], "unknown option --confg: did you mean --config?"),
        (["check", "-config", "x"], "unknown option -config: did you mean --config?"),
        (["check", "--dex-client=x"], "no value is allowed for --dex-client=x"),
        (["check", "--config"], "a value is missing after --config"),
        (["check", "--config="], "a value is missing after --config="),
        (["check", "--d"], "unknown option --d"),
        (["check", "--with-secret"], "--with-secret needs --dex-client"),
        (["check", "--", "x"], "unknown option --"),
        (["keygen"], "an argument is missing after keygen"),
        (["keygen", "-"], "unexpected argument -"),
        (["keygen", "a", "b"], "unexpected argument b"),
    ):
        assert said in run(*arguments, check=False).stderr, arguments


def test_each_command_tells_its_own_usage_options_and_statuses():
    general = run("--help").stdout
    assert general == run("help").stdout == run("-h").stdout
    commands = re.findall(r"^  ([a-z]+) ", general, re.M)
    assert {"serve", "check", "explain", "keygen", "revoke", "pseudonym", "healthcheck", "version"} <= set(commands)
    for command in commands:
        done = run(command, "--help")
        usage, _, rest = done.stdout.partition("\n\n")
        named = set(re.findall(r"--([a-z-]+)", usage))
        assert usage.startswith("usage: sallyport ") and command in usage and done.stderr == ""
        assert set(re.findall(r"^  --([a-z-]+)", rest, re.M)) == {*named, "help"}, command
        assert "Exit status:\n  0  " in rest and "\n  2  " in rest
        assert max(map(len, rest.split("\n"))) <= 110
        assert run("help", command).stdout == run(command, "--nonsense", "-h").stdout == done.stdout
    assert 'unknown command "nonsense"' in run("help", "nonsense", check=False).stderr
    assert run("--config", "nowhere", "--help").stdout == run("serve", "--help").stdout


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = run("check", "--config", tmp_path / "nothing.yaml", check=False)

    assert done.returncode == 1 and "nothing.yaml" in done.stdout + done.stderr


def test_ac_27_all_errors_come_at_once_with_their_places_and_the_nearest_name(check):
    status, text = check(
        "isuer: https://dex.example.com\nclient_id: x\nkeys_file: keys\nsession_lifetime: soon\n"
        "policies:\n  default:\n  - {action: alow}\n  - {action: allow, gruop: ops}\n"
    )

    assert status == 1
    for place, word in ((1, "issuer"), (4, "session_lifetime"), (7, "allow"), (8, "group")):
        assert re.search(rf"sallyport\.yaml:{place}:\d+.*", text), f"no line {place} in:\n{text}"
        assert word in text


def test_what_is_wrong_is_an_error(check):
    for change in (
        {"issuer": "http://dex.example.com"},
        {"issuer": "dex.example.com"},
        {"policies": {}},
        {"policies": {"ops": "authenticated"}},
        {"callback_host": "https://auth.example.com"},
        {"cookie_domain": "example.com"},
        {"cookie_name": "a b"},
        {"trusted_proxies": ["10.0.0.0/33"]},
        {"listen": "nowhere"},
        {"client_auth": "guess"},
        {"scopes": "email"},
        {"dialects": ["nginx-like"]},
        {"threads": -1},
        {"session_lifetime": "0s"},
        {"prefix": "no-slash"},
        {"log_level": "loud"},
        {"policies": {"default": [{"action": "allow", "path": "/a", "path_prefix": "/b"}]}},
        {"policies": {"default": [{"path": "/a"}]}},
        {"headers": {"x": {"Bad Name": "email"}}},
    ):
        status, text = check({**SMALLEST, **change})
        assert status == 1 and text, change


def test_what_is_legal_and_unwise_is_a_warning(check):
    for change in ({"unsafe_trust_everybody": True}, {"insecure_http": True}):
        status, text = check({**SMALLEST, **change})
        assert status == 0 and next(iter(change)) in text, change


def test_ac_25_an_address_that_names_people_and_may_be_unverified_is_a_warning(check):
    assert "warning: email_verified: " in check(SMALLEST)[1]
    for word in ("required", "unless_false"):
        assert "0 warnings" in check({**SMALLEST, "email_verified": word})[1]
    assert check({**SMALLEST, "email_verified": "maybe"})[0] == 1


def test_a_key_twice_is_an_error(check):
    assert check("client_id: a\nclient_id: b\n")[0] == 1


def test_settings_can_come_from_the_environment(check):
    without = {name: value for name, value in SMALLEST.items() if name != "client_id"}
    assert check(without)[0] == 1
    assert check(without, env={"SALLYPORT_CLIENT_ID": "sallyport"})[0] == 0
    status, text = check(
        SMALLEST,
        env={
            "SALLYPORT_CLIENT_IDD": "x",
            "SALLYPORT_PORT": "tcp://10.0.0.1:4181",
            "SALLYPORT_SERVICE_HOST": "10.0.0.1",
            "SALLYPORT_PORT_4181_TCP": "x",
        },
    )
    assert status == 0 and "SALLYPORT_CLIENT_IDD" in text
    assert "SALLYPORT_PORT" not in text and "SALLYPORT_SERVICE_HOST" not in text


def test_the_settings_in_force_are_printed_however_many_they_are(tmp_path):
    rules = [{"action": "allow", "group": [f"{i}" + '"' * 60 for i in range(60)]} for _ in range(200)]
    write_files(tmp_path, SMALLEST | {"policies": {"default": rules}}, SECRET)

    done = run("check", "--print", "--config", tmp_path / "sallyport.yaml", check=False)

    assert done.returncode == 0 and len(done.stdout) > 1024 * 1024
    assert "log_access: false" in done.stdout


def test_ac_91_check_shows_a_terminal_nothing_that_it_would_obey_or_hide(check):
    controls, marks = "a\x9b31m\x85", "a\u2028\u202e\u200b\ufeff"
    for change, status, shown in (
        ({"keys_file": f"{controls}{marks}/keys"}, 1, r"a\xc2\x9b31m\xc2\x85a\xe2\x80\xa8"),
        ({"issuer": f"https://{controls}"}, 1, r"a\xc2\x9b31m\xc2\x85"),
        ({marks: "x"}, 1, r"a\xe2\x80\xa8\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf"),
        ({"policies": {"default": [{"action": "allow", "group": marks}]}}, 0, r"a\u2028\u202E\u200B\uFEFF"),
    ):
        result, text = check(yaml.safe_dump({**SMALLEST, **change}), "--print")
        assert result == status and shown in text and text.isascii(), (change, text)


def test_the_client_that_dex_needs_is_printed(tmp_path):
    config = {
        **SMALLEST,
        "hosts": ["https://app.example.com", "https://auth.example.com"],
        "callback_host": "https://auth.example.com",
    }
    path = write_files(tmp_path, config, SECRET)
    printed = run("check", "--config", path, "--dex-client").stdout
    (client,) = yaml.safe_load(printed)

    assert client["id"] == "sallyport"
    assert client["redirectURIs"] == ["https://auth.example.com/_sallyport/callback"]
    assert client["secretEnv"] == "SALLYPORT_CLIENT_SECRET" and SECRET not in printed
    (client,) = yaml.safe_load(run("check", "--config", path, "--dex-client", "--with-secret").stdout)
    assert client["secret"] == SECRET and "secretEnv" not in client
    config["client_id"] = 'west.1-"x"@y'
    path = write_files(tmp_path, config, SECRET)
    (client,) = yaml.safe_load(run("check", "--config", path, "--dex-client").stdout)
    assert client["id"] == config["client_id"] and client["secretEnv"] == "WEST_1__X__Y_CLIENT_SECRET"


def test_the_entry_for_dex_has_the_callback_of_the_origin_of_kubeconfig_once(tmp_path):
    origin = "https://config.example.com"
    cluster = {"name": "prod", "client_id": "kube", "server": "https://kube.example.com"}
    kubeconfig = {"kubeconfig": {"origin": origin, "clusters": [cluster]}}
    for hosts in ([], [origin], ["https://*.example.com"]):
        path = write_files(tmp_path, {**SMALLEST, **kubeconfig, "hosts": hosts}, secret=SECRET)
        web, _kube = yaml.safe_load(run("check", "--config", path, "--dex-client").stdout)
        assert web["redirectURIs"].count(f"{origin}/_sallyport/callback") == 1


def test_ac_64_each_client_of_kubeconfig_is_printed_once_for_dex_and_has_no_secret(tmp_path):
    server = {"server": "https://kube.example.com"}
    clusters = [
        {"name": "prod", "client_id": "kube-prod", **server},
        {"name": "test", "client_id": "kube: 'test' \"#\\", **server},
        {"name": "stage", "client_id": "kube-prod", **server},
        {"name": "same", "client_id": "sallyport", **server},
        {"name": "away", "client_id": "kube-away", "issuer": "https://other.example.com", **server},
    ]
    path = write_files(tmp_path, {**SMALLEST, "kubeconfig": {"clusters": clusters}}, SECRET)
    web, *others = yaml.safe_load(run("check", "--config", path, "--dex-client").stdout)

    assert web["id"] == "sallyport" and "public" not in web
    assert others == [
        {"id": "kube-prod", "name": "kubectl prod, stage", "public": True},
        {"id": clusters[1]["client_id"], "name": "kubectl test", "public": True},
    ]


def test_the_entry_for_dex_has_the_ports_that_browsers_use(tmp_path):
    settings = {"public_ports": {"https://app.example.com": 8443}}
    for hosts in ({}, {"hosts": ["https://app.example.com:8443"]}):
        path = write_files(tmp_path, {**SMALLEST, **settings, **hosts}, secret=SECRET)
        (client,) = yaml.safe_load(run("check", "--config", path, "--dex-client").stdout)
        assert "https://app.example.com:8443/_sallyport/callback" in client["redirectURIs"]


def test_the_entry_for_dex_has_the_origin_of_kubeconfigs_once(tmp_path):
    cluster = {"name": "prod", "client_id": "kube-prod", "server": "https://api.example.com"}
    kubeconfig = {"origin": "https://kube.example.com", "clusters": [cluster]}
    for hosts in ([], ["https://*.example.com"], ["https://kube.example.com"]):
        path = write_files(tmp_path, {**SMALLEST, "kubeconfig": kubeconfig, "hosts": hosts}, secret=SECRET)
        (client, _) = yaml.safe_load(run("check", "--config", path, "--dex-client").stdout)
        assert client["redirectURIs"].count("https://kube.example.com/_sallyport/callback") == 1, hosts


def test_a_key_file_is_made_once_and_only_for_its_owner(tmp_path):
    path = tmp_path / "keys"
    run("keygen", path)
    before = path.read_text()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [line for line in before.split("\n") if line and not line.startswith("#")]
    assert len(lines) == 1 and re.fullmatch(r"[a-z0-9-]{1,16} [A-Za-z0-9_-]{43}( \S+)?", lines[0])
    assert run("keygen", path, check=False).returncode == 1 and path.read_text() == before


def test_a_key_that_is_added_seals_later(tmp_path):
    path = tmp_path / "keys"
    run("keygen", path)
    before = path.read_text()
    run("keygen", "--add", path)
    added = path.read_text().removeprefix(before).strip().split("\n")[-1].split()

    assert path.read_text().startswith(before) and len(added) == 3
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", added[2])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_ac_43_weak_or_open_secrets_refuse_the_start(check, tmp_path):
    assert check(SMALLEST)[0] == 0
    keys = tmp_path / "keys"
    good = keys.read_text()
    for bad in (
        "",
        "k1 short\n",
        "k1 " + "A" * 43 + "\n",
        "k1 changeme\n",
        "UPPER " + good.split()[-1] + "\n",
    ):
        keys.write_text(bad)
        assert check(SMALLEST)[0] == 1, bad
    keys.write_text(good)
    keys.chmod(0o644)
    assert check(SMALLEST)[0] == 1
    keys.chmod(0o600)
    (tmp_path / "client-secret").chmod(0o644)
    status, _ = check({**SMALLEST, "log_level": "info"})
    assert status in (0, 1)


# ---- files in containers -------------------------------------------------------------------------------

STRANGER = "65532"
REMEDIES = (
    "defaultMode: 0440",
    "fsGroup",
    "without subPath",
    f'uid: "{STRANGER}"',
    "mode: 0400",
    "sallyport keygen --if-missing",
)


class Container:
    """A folder owned by root with a configuration, its files, and the program, which another user runs there."""

    def __init__(self, folder):
        self.folder = folder
        folder.chmod(0o755)
        self.keys, self.secret = folder / "keys", folder / "client-secret"
        shutil.copy(tools.sallyport(), folder / "sallyport")
        write_files(folder, SMALLEST, SECRET)

    def run(self, *arguments, user=STRANGER, before="true"):
        """Returns status and output; root runs `before` first, in a separate mount namespace."""
        done = subprocess.run(
            [
                *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
                f'{before} && exec setpriv --reuid {user} --regid {user} --clear-groups -- ./sallyport "$@"',
                *("sh", *arguments),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, **SANITIZERS},
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def check(self, **options):
        return self.run("check", "--config", "sallyport.yaml", **options)


@pytest.fixture
def container():
    with tempfile.TemporaryDirectory() as folder:
        yield Container(Path(folder))


def test_ac_43_a_key_file_of_another_user_that_everybody_reads_starts_with_a_warning(container):
    container.secret.chmod(0o444)
    for mode in (0o444, 0o644):
        container.keys.chmod(mode)
        status, text = container.check()
        assert status == 0 and "keys: warning: everybody in this container can read it" in text, text
        assert "client-secret: warning: everybody in this container can read it" in text, text
        assert "chmod 600" not in text and all(remedy in text for remedy in REMEDIES), text


def test_ac_43_a_key_file_on_a_mount_that_is_read_only_starts_with_a_warning(container):
    container.keys.chmod(0o444)
    os.chown(container.keys, int(STRANGER), int(STRANGER))
    container.secret.chmod(0o444)
    for user in (STRANGER, "0"):
        os.chown(container.keys, int(user), int(user))
        before = "mount --bind keys keys && mount -o remount,bind,ro keys"
        status, text = container.check(user=user, before=before)
        assert status == 0 and "keys: warning: everybody in this container can read it" in text, text
        assert "keys: warning: everybody can read it; run chmod 600" not in text, text


def test_ac_43_a_key_file_of_ones_own_that_everybody_reads_refuses_the_start(container):
    container.keys.chmod(0o644)
    container.secret.chmod(0o444)
    for path in (container.folder, container.keys):
        os.chown(path, int(STRANGER), int(STRANGER))
    status, text = container.check()
    assert status == 1 and "keys: error: everybody can read it; run chmod 600" in text, text

    container.folder.chmod(0o555)
    assert container.check()[0] == 0


def test_a_file_that_cannot_be_read_is_told_with_its_owner_and_no_way_in_a_circle(container):
    container.secret.chmod(0o400)
    status, text = container.check()

    assert status == 1 and "Permission denied: it belongs to user 0 and group 0 with mode 0600" in text, text
    assert f"so that user {STRANGER} can read it: " in text and "to make one" not in text, text
    assert all(remedy in text for remedy in REMEDIES), text
    container.keys.unlink()
    assert "to make one: sallyport keygen keys" in container.check()[1]


def test_a_key_file_is_made_where_none_is_however_often_and_by_however_many(container):
    made = container.folder / "made"
    made.mkdir()
    os.chown(made, int(STRANGER), int(STRANGER))
    command = [container.folder / "sallyport", "keygen", "--if-missing", made / "keys"]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(8)]

    assert [(one.communicate()[1], one.returncode) for one in started] == [("", 0)] * 8
    text = (made / "keys").read_text()
    assert text.count("\nk") == 1 and text.endswith("\n")
    assert os.listdir(made) == ["keys"] and stat.S_IMODE((made / "keys").stat().st_mode) == 0o600

    (made / "keys").chmod(0o400)
    made.chmod(0o555)
    read_only = "mount --bind made made && mount -o remount,bind,ro made"
    assert container.run("keygen", "--if-missing", "made/keys", before=read_only) == (0, "")
    assert (made / "keys").read_text() == text
    assert container.run("keygen", "made/keys")[0] == 1
    assert container.run("keygen", "--if-missing", "made/other")[0] == 1
    (made / "empty").touch()
    for name in ("made/empty", "made"):
        code, told = container.run("keygen", "--if-missing", name)
        assert code == 1 and "is not a file with keys" in told, told
    assert container.run("keygen", "--add", "--if-missing", "made/keys")[0] == 2


def test_the_client_secret_is_made_beside_the_keys_and_never_changed(tmp_path):
    keys, secret = tmp_path / "keys", tmp_path / "client-secret"
    command = ("keygen", "--client-secret", secret, keys)
    run(*command)
    before = keys.read_text(), secret.read_text()
    assert re.fullmatch(r"[0-9a-f]{64}\n", before[1]) and stat.S_IMODE(secret.stat().st_mode) == 0o600

    done = run(*command, check=False)
    assert done.returncode == 1 and str(secret) in done.stderr and str(keys) in done.stderr, done.stderr
    run(*command, "--if-missing")
    assert (keys.read_text(), secret.read_text()) == before
    keys.unlink()
    run(*command, "--if-missing")
    assert secret.read_text() == before[1] and keys.read_text() != before[0]

    secret.write_text("")
    done = run(*command, "--if-missing", check=False)
    assert done.returncode == 1 and "is not a file with a client secret" in done.stderr, done.stderr
    assert "cannot be combined" in run(*command, "--add", check=False).stderr


def test_a_byte_order_mark_is_skipped_in_every_file(check, tmp_path):
    assert check(SMALLEST)[0] == 0
    for name in ("sallyport.yaml", "keys", "client-secret"):
        path = tmp_path / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    done = run("check", "--dex-client", "--with-secret", "--config", tmp_path / "sallyport.yaml", check=False)

    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)[0]["secret"] == SECRET
    run("keygen", "--add", tmp_path / "keys")
    assert run("check", "--config", tmp_path / "sallyport.yaml", check=False).returncode == 0
