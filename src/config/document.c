/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"

#include "base/time.h"
#include "config/headers_section.h"
#include "config/policies_section.h"
#include "config/settings.h"

#include <inttypes.h>

/* ---- the values in force -------------------------------------------------------------------------- */

void sp_config_dump(const struct sp_config *config, struct sp_buf *out)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        const struct sp_setting *setting = &sp_settings[i];
        if (setting->type->print == NULL) {
            continue;
        }
        sp_buf_printf(out, "%s: ", setting->name);
        setting->type->print(&setting->limits, sp_setting_const_field(setting, config), out);
        sp_buf_append_char(out, '\n');
    }
    sp_policies_dump(config, out);
    sp_headers_dump(config, out);
}

/* ---- the reference page: what stands around the tables -------------------------------------------- */

static const char introduction[] =
    "<!-- Made by sp_config_document (src/config/document.c); a test compares the two. -->\n"
    "\n"
    "# Configuration\n"
    "\n"
    "sallyport reads one YAML file, named by `--config FILE`, and the environment. `sallyport check\n"
    "--config FILE` reports everything that is wrong or unwise in it at once, with line, column and the\n"
    "cure, and starts nothing. Files are read once, at the start: a running sallyport takes a change over\n"
    "when it is restarted, and sessions go on, since they are in the cookies. Without `--config` the file\n"
    "is the one that `SALLYPORT_CONFIG` names, or else `/etc/sallyport/sallyport.yaml`.\n"
    "\n"
    "## The smallest file\n"
    "\n"
    "```yaml\n"
    "issuer: https://dex.central.example.com/dex\n"
    "client_id: sallyport\n"
    "client_secret_file: client-secret\n"
    "keys_file: keys            # made by: sallyport keygen keys\n"
    "email_verified: required   # Dex says of every address whether it is verified\n"
    "policies: {default: authenticated}\n"
    "```\n"
    "\n"
    "At the issuer, register the redirect URI `https://HOST/_sallyport/callback` for each protected\n"
    "host, or see `callback_host` for one that serves all of them. In a cluster, `trusted_proxies` must\n"
    "name the network of the proxy's pods.\n"
    "\n"
    "## How values are written\n"
    "\n"
    "- A duration is a number with a unit, or several: `90s`, `15m`, `1h30m`, `7d`.\n"
    "- A list with one element may be that element alone: `hosts: https://app.example.com`.\n"
    "- Truth is `true` or `false`, and none of YAML's other words for it.\n"
    "- A network is `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one.\n"
    "- A file name that does not begin with `/` is relative to the folder of the configuration file.\n"
    "- A setting that is not known, or appears twice, is an error. So are anchors, aliases and tags of\n"
    "  YAML, and a second document: the file should mean what it looks like.\n";

static const char environment_text[] =
    "\n"
    "## Environment\n"
    "\n"
    "Every setting but `policies` and `headers` can be given as a variable, which wins over the file:\n"
    "`SALLYPORT_CLIENT_ID` for `client_id`. A list's elements are separated by commas:\n"
    "`SALLYPORT_TRUSTED_PROXIES=10.0.0.0/8,fd00::/8`, and so are a mapping's pairs:\n"
    "`SALLYPORT_PUBLIC_PORTS=https://app.example.com=8443`. An empty variable is the empty value, not an\n"
    "absent one. A variable that begins with `SALLYPORT_` and is not known gets a warning, but for\n"
    "those that Kubernetes makes for Services (`SALLYPORT_PORT`, `SALLYPORT_SERVICE_HOST` and the\n"
    "like). Secrets come from files only: environments are inherited, and shown by too many tools.\n";

static const char policies_text[] =
    "\n"
    "## Policies\n"
    "\n"
    "A policy has a name, and the address of a middleware picks one: `/auth/traefik?policy=ops`. Where\n"
    "the address names none it is `default`, which must be there. A policy is a list of rules, or the\n"
    "one word `authenticated`: everybody whom the issuer vouches for, and the applications decide.\n"
    "\n"
    "The first rule that holds decides; where none holds, the answer is 403. Within a rule every\n"
    "condition that is present must hold; a condition with several values holds if one of them does; a\n"
    "rule without conditions always holds. An empty list is an error, and so is a misspelt key.\n"
    "\n"
    "```yaml\n"
    "policies:\n"
    "  default: authenticated\n"
    "  ops:\n"
    "    - {action: public, path: /healthz}\n"
    "    - {action: public, path_prefix: /assets, method: [GET, HEAD]}\n"
    "    - {action: public, cors_preflight: true}\n"
    "    - {action: deny, path_prefix: /admin}\n"
    "    - {action: allow, host: grafana.example.com, group: [ops, sre]}\n"
    "    - {action: allow, email: ada@example.com}\n"
    "    - {action: allow, email_domain: example.com, path_glob: /reports/*/summary}\n"
    "```\n"
    "\n";

static const char paths_text[] =
    "\n"
    "A rule has at most one of `path`, `path_prefix` and `path_glob`. A `public` rule cannot ask who\n"
    "the user is.\n"
    "\n"
    "Some paths are read differently by different programs. They are those with\n"
    "\n"
    "- an encoded slash, letter, digit, dot or `%`, a double slash, a backslash, a `;`;\n"
    "- a dot segment, also one in disguise: `..%20`, `..:x`, `.%0d.`, dots of other alphabets;\n"
    "- an encoded control, `?` or `#`;\n"
    "- bytes that are no UTF-8, and characters such as U+FF0F or `…` that Unicode's form NFKC makes a "
    "slash,\n"
    "  dot, backslash or semicolon of;\n"
    "- a dot or a space at the end of a segment, or a `:` in it: Windows opens `/wiki/Inc.` as `/wiki/Inc`\n"
    "  and `/a:b` as `/a`;\n"
    "- escapes in lower case.\n"
    "\n"
    "Other UTF-8 in escapes, such as `/wiki/Z%C3%BCrich`, is not among them. A `public` rule never matches\n"
    "one of these paths: where a public page has `:` in its address, people must sign in for it. An\n"
    "`allow` rule matches one only where the odd part lies below `path_prefix` or a trailing wildcard and\n"
    "is harmless however it is read: `/wiki/Inc.` below `path_prefix: /wiki` is, `/wiki/..%20/x` is not.\n"
    "An `allow` or `public` rule that itself names such a path could never hold, and is refused at start.\n"
    "A `deny` rule matches when any reading does: a deny of `/admin` closes `/admin.`, `/admin::$DATA`,\n"
    "`/ad%09min` and `/admin%EF%BC%8Fx`, and leaves `/wiki/Inc.` open. It always matches when a dot\n"
    "segment, backslash or control comes with anything else that is odd, or when a path is odd in so many\n"
    "ways that they cannot be listed: nobody can tell then where it leads. Rules without a path hold for\n"
    "every path.\n"
    "\n"
    "A slash at the end makes no difference to `deny`: `/admin` and `/admin/` are one, whichever of them\n"
    "the rule or the request has, so `path_glob: /admin/*` closes `/admin` too. To `allow` and `public`\n"
    "they are two.\n"
    "\n"
    "Paths are compared byte for byte, upper and lower case apart. Where an application makes no such\n"
    "difference, do not rely on `deny`: allow what is meant to be open, and nothing else.\n";

static const char headers_text[] =
    "\n"
    "## Header sets\n"
    "\n"
    "What an application is told about its user. The address of a middleware picks a set:\n"
    "`/auth/traefik?headers=remote`; where it names none it is `identity`. **The middleware must list\n"
    "every header of its set** (`authResponseHeaders` of Traefik): only what is listed is taken over,\n"
    "and only what is listed is taken out of a request in which a client has set it itself.\n"
    "\n";

static const char own_headers_text[] =
    "\n"
    "Sets of one's own map a header to a claim. `user` is the user's name with `username_prefix`,\n"
    "`groups` the groups with `groups_prefix`, `subject` the claim `sub`; all else is the claim of that\n"
    "name in the ID token. `list` says how groups are written: `comma` (the default), `json`, or\n"
    "`repeat` for one header a group. A header that an application signs people in by is `user`, never a\n"
    "claim for display (`name`, `preferred_username`), which people often choose themselves.\n"
    "\n"
    "```yaml\n"
    "headers:\n"
    "  grafana:\n"
    "    X-WEBAUTH-USER: user\n"
    "    X-WEBAUTH-GROUPS: {claim: groups, list: comma}\n"
    "```\n"
    "\n"
    "A header's name is letters, digits and hyphens. Refused are those that frame a message, that the\n"
    "proxy itself tells (X-Forwarded-For and the like), and those that are credentials (Authorization,\n"
    "Cookie, Impersonate-*).\n";

static const char keys_text[] =
    "\n"
    "## The key file\n"
    "\n"
    "Sessions are sealed with the keys in `keys_file`. A line is a key, `ID KEY [FROM]`: 1 to 16 of\n"
    "`[a-z0-9-]`, 32 bytes in base64url, and the RFC 3339 time from which it seals (absent: always).\n"
    "`#` begins a comment.\n"
    "\n"
    "```\n"
    "sallyport keygen keys          # makes one, for nobody else to read; never overwrites\n"
    "sallyport keygen --add keys    # appends a key that seals in ten minutes\n"
    "```\n"
    "\n"
    "The newest key whose time has come seals, and all of them open, so that replicas which get a\n"
    "changed file some minutes apart never disagree. The file is read at the start only: restart every\n"
    "replica within the ten minutes. A key that is taken out ends the sessions that it sealed.\n";

/* ---- the reference page: tables ------------------------------------------------------------------- */

static const char *const group_titles[SP_GROUP_COUNT] = {
    [SP_GROUP_LISTENERS] = "Listeners and process",
    [SP_GROUP_PAGES] = "Proxies, hosts and pages",
    [SP_GROUP_ISSUER] = "Issuer",
    [SP_GROUP_SESSION] = "Session",
    [SP_GROUP_IDENTITY] = "Identity",
    [SP_GROUP_SECTIONS] = "Rules and headers",
    [SP_GROUP_LOG] = "Log",
    [SP_GROUP_LATER] = "Reserved names",
};

static void append_default(const struct sp_setting *setting, struct sp_buf *out)
{
    if (setting->value == NULL) {
        sp_buf_append_c(out, "**required**");
    } else if (*setting->value == '\0') {
        sp_buf_append_c(out, "empty");
    } else {
        sp_buf_printf(out, "`%s`", setting->value);
    }
}

static void append_type(const struct sp_setting *setting, struct sp_buf *out)
{
    sp_buf_append_c(out, setting->type->label);
    if (setting->type == &sp_type_integer) {
        sp_buf_printf(out, ", %" PRId64 " to %" PRId64, setting->limits.min, setting->limits.max);
    }
    if (setting->type == &sp_type_duration) {
        char min[SP_DURATION_TEXT_MAX];
        char max[SP_DURATION_TEXT_MAX];
        sp_duration_format(setting->limits.min, min);
        sp_duration_format(setting->limits.max, max);
        sp_buf_printf(out, ", %s to %s", min, max);
    }
}

static void document_group(enum sp_setting_group group, struct sp_buf *out)
{
    sp_buf_printf(out, "\n## %s\n\n| setting | type | default | meaning |\n|---|---|---|---|\n",
                  group_titles[group]);
    for (size_t i = 0; i < sp_settings_n; i++) {
        if (sp_settings[i].group != group) {
            continue;
        }
        sp_buf_printf(out, "| `%s` | ", sp_settings[i].name);
        append_type(&sp_settings[i], out);
        sp_buf_append_c(out, " | ");
        append_default(&sp_settings[i], out);
        sp_buf_printf(out, " | %s |\n", sp_settings[i].text);
    }
}

static void document_reserved(struct sp_buf *out)
{
    sp_buf_printf(
        out,
        "\n## %s\n\nThese belong to later versions. Here they are accepted with their default only, "
        "so that nothing that\nsomebody relies on is passed over.\n\n"
        "| setting | default | will be |\n|---|---|---|\n",
        group_titles[SP_GROUP_LATER]);
    for (size_t i = 0; i < sp_settings_n; i++) {
        if (sp_settings[i].group != SP_GROUP_LATER) {
            continue;
        }
        sp_buf_printf(out, "| `%s` | ", sp_settings[i].name);
        append_default(&sp_settings[i], out);
        sp_buf_printf(out, " | %s |\n", sp_settings[i].text);
    }
}

void sp_config_document(struct sp_buf *out)
{
    sp_buf_append_c(out, introduction);
    for (enum sp_setting_group group = SP_GROUP_LISTENERS; group < SP_GROUP_LATER; group++) {
        document_group(group, out);
    }
    sp_buf_append_c(out, policies_text);
    sp_policies_document(out);
    sp_buf_append_c(out, paths_text);
    sp_buf_append_c(out, headers_text);
    sp_headers_document(out);
    sp_buf_append_c(out, own_headers_text);
    sp_buf_append_c(out, environment_text);
    sp_buf_append_c(out, keys_text);
    document_reserved(out);
}
