# SPDX-License-Identifier: Apache-2.0
"""
Generates what follows from the program's tables of settings, and lets tests compare it: the tables of
doc/configuration.md, the section `config` in the schema of the chart's values with the definitions that
only it uses, and the chart's list of settings that only a start can change. The meaning of a row is stated on the
page only, in the last column, from which the schema takes it.

The rest of that schema is written by hand, except for the parts that allow templates and hints. Together with
values.yaml it yields the table of values of the chart's page.

    python -m rig.schema     writes all of them
"""

import json
import re

import yaml

from . import tools
from .render import CHART, MADE
from .sallyport import run

PAGE = tools.TREE / "doc" / "configuration.md"
SCHEMA = CHART / "values.schema.json"
CHART_PAGE = CHART / "README.md"
FIXED = CHART / "fixed-settings.yaml"
# Settings that are not available in a cluster.
WITHHELD = {"unsafe_trust_everybody"}

# ---- the page ------------------------------------------------------------------------------------------

TABLE = re.compile(r"^<!-- table: (\w+) -->\n((?:\|.*\n)+)", re.M)


def tables(text):
    """Tables by name: a list of rows, each a list of cells; the first is the heading."""
    return {
        name: [line[2:-2].split(" | ") for line in rows.splitlines() if not line.startswith("|---")]
        for name, rows in TABLE.findall(text)
    }


def page():
    """The page with the program's tables."""
    text = PAGE.read_text()
    written = tables(text)
    known = tables(run("check", "--document").stdout)
    assert set(known) == set(written), f"tables on one side only: {sorted(set(known) ^ set(written))}"

    def write(match):
        name = match[1]
        rows = [list(row) for row in known[name]]
        if written[name][0][-1] not in rows[0]:
            meanings = {row[0]: row[-1] for row in written[name][1:]}
            rows = [row + [meanings.get(row[0], "")] for row in rows]
            rows[0][-1] = written[name][0][-1]
        lines = [f"| {' | '.join(row)} |\n" for row in rows]
        return f"<!-- table: {name} -->\n{lines[0]}{'|---' * len(rows[0])}|\n{''.join(lines[1:])}"

    return TABLE.sub(write, text)


# ---- the schema ----------------------------------------------------------------------------------------

TEXT = {"type": "string", "minLength": 1}
NETWORK = {"$ref": "#/definitions/cidr"}
LABELS = {"pattern": "^[A-Za-z0-9._-]{1,64}$"}

TEMPLATE = "|\\{\\{"

PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"

# The schema of each type of the program; for a list, that of its values. What no pattern can express, `sallyport check`
# reports before the chart is installed.
TYPES = {
    "true or false": {"type": "boolean"},
    "true": {"type": "boolean"},
    "number": {"type": "integer"},
    "duration": {"type": "string", "pattern": "^([0-9]+[smhd])+$"},
    "text": {"type": "string"},
    "query": {"type": "string"},
    "file": {"type": "string"},
    "list of names": {"type": "string", "minLength": 1, "maxLength": 2048, "pattern": "^[^* ]+$"},
    "cluster or folder": TEXT,
    "domain": {"type": "string", "pattern": "^[^@.*/: ][^@*/: ]*\\.[^@*/: ]+$"},
    "name": TEXT,
    "claim": TEXT,
    "path": {"type": "string", "pattern": "^(/[^/;:?#]*[^/;:?#. ])+$"},
    "path prefix": {"type": "string", "pattern": "^/"},
    "host": {"type": "string", "pattern": "^[^/:*]+$"},
    "service account": {"type": "string", "pattern": "^[^/]+/[^/]+$"},
    "name of a Secret": {"type": "string", "minLength": 1},
    "label": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"},
    "base64": {"type": "string", "pattern": "^[A-Za-z0-9+/= \\n]+$"},
    "origin": {"type": "string", "pattern": "^https?://[^/*?#@ ]+$"},
    "URL": {"type": "string", "pattern": "^https?://[^/?#@ ]+(/[^# ]*)?$"},
    "URL or mailto": {
        "type": "string",
        "pattern": "^(https?://[^/?#@ ]+(/[^ ]*)?|mailto:[^@ ?]+@[^@ ]+)$",
    },
    "name of a site": {"type": "string", "pattern": "^.{0,64}$"},
    "host:port": {"type": "string", "pattern": f"^[^/]+:{PORT}$"},
    "list of networks": NETWORK,
    "list of origins": {"type": "string", "pattern": "^https?://(\\*\\.)?[^/*?#@ ]+$"},
    "list of hosts": {"type": "string", "pattern": "^[^/*@ ]+$"},
    "list of methods": {"type": "string", "pattern": "^[A-Z][A-Z-]*$"},
    "list of e-mail addresses": {"type": "string", "pattern": "^.+@.+$"},
    "list of domains": {"type": "string", "pattern": "^[^@.*][^@*]*$"},
    "list of paths": {"type": "string", "pattern": "^/"},
    "mapping of origins to ports": {
        "type": "object",
        "propertyNames": {"pattern": "^https?://[^/*]+$"},
        "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 65535},
    },
    "mapping of names to strings": {
        "type": "object",
        "propertyNames": LABELS,
        "additionalProperties": {"type": ["string", "integer", "boolean"], "minLength": 1},
    },
    "mapping of claims to values": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "type": ["string", "boolean", "integer", "array"],
            "minLength": 1,
            "maxLength": 256,
            "minItems": 1,
            "maxItems": 64,
            "items": {"type": ["string", "boolean", "integer"], "minLength": 1, "maxLength": 256},
        },
    },
    "mapping of names to policies": {
        "type": "object",
        "propertyNames": LABELS,
        "additionalProperties": {"$ref": "#/definitions/policy"},
    },
    "list of bindings": {
        "type": "array",
        "items": {"$ref": "#/definitions/binding"},
    },
    "list of clusters": {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/definitions/cluster"},
    },
    "mapping of the section kubeconfig": {"$ref": "#/definitions/kubeconfig"},
    "mapping of names to header sets": {
        "type": "object",
        "propertyNames": LABELS,
        "additionalProperties": {"$ref": "#/definitions/headerSet"},
    },
}


def value(kind, default=None):
    """The schema of a value, from the type and the default in its row."""
    if kind.startswith("`"):
        return {"type": "string", "enum": re.findall(r"`([^`]+)`", kind)}
    name, _, limits = kind.partition(", ")
    numbers = [int(number) for number in re.findall(r"\d+", limits)]
    if name in ("list of bindings", "list of clusters"):
        return {**TYPES[name], "maxItems": numbers[0]}
    if name.startswith("list of "):
        item = TYPES.get(name, TEXT)
        alone = {key: item[key] for key in ("pattern", "minLength") if key in item}
        most = {"maxItems": numbers[0]} if numbers else {}
        return {"type": ["string", "array"], **alone, **most, "items": item}
    schema = dict(TYPES[name])
    if name == "number":
        schema |= {"minimum": numbers[0], "maximum": numbers[1]}
    if name.startswith("mapping of ") and numbers:
        schema |= {"maxProperties": numbers[0]}
    if default == "empty" and "pattern" in schema:
        schema["pattern"] = f"^({schema['pattern'].strip('^$')})?$"
    return schema


def properties(table):
    """The schemas of a table's rows, by name."""
    columns = table[0]
    found = {}
    for row in table[1:]:
        cell = dict(zip(columns, row, strict=True))
        schema = value(cell["type"], cell.get("default"))
        found[row[0].strip("`")] = {"description": row[-1], **schema}
    return found


def required(table):
    return [row[0].strip("`") for row in table[1:] if "**required**" in row]


def config_schema(known):
    """
    The section `config`, and the definitions that only it uses. The chart reports missing settings in its own
    words, with how to find them; a schema would be evaluated first.
    """
    settings = [t for name, t in known.items() if t[0][0] == "setting" and name != "restart"]
    apart = MADE | WITHHELD
    section = {
        "description": "The settings of the program, by its own names.",
        "type": "object",
        "additionalProperties": False,
        "properties": {k: v for t in settings for k, v in properties(t).items() if k not in apart},
    }
    conditions = properties(known["conditions"])
    cluster = properties(known["cluster"])
    for schema in [*conditions.values(), *cluster.values()]:
        schema |= {"minItems": 1} if "items" in schema else {}
    actions = [row[0].strip("`") for row in known["actions"][1:]]
    action = {"description": "What the rule does.", "type": "string", "enum": actions}
    header = {
        "type": ["string", "object"],
        "minLength": 1,
        "additionalProperties": False,
        "required": required(known["header"]),
        "properties": properties(known["header"]),
    }
    return section, {
        "binding": {
            "type": "object",
            "additionalProperties": False,
            "required": required(known["credential"]),
            "properties": properties(known["credential"]),
        },
        "cluster": {
            "type": "object",
            "additionalProperties": False,
            "required": required(known["cluster"]),
            "properties": cluster,
        },
        "kubeconfig": {
            "type": "object",
            "additionalProperties": False,
            "required": ["clusters"],
            "properties": properties(known["kubeconfig"]),
        },
        "headerSet": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z0-9-]{1,64}$"},
            "properties": properties(known["set"]),
            "additionalProperties": header,
        },
        "policy": {
            "type": ["string", "array"],
            "pattern": "^authenticated$",
            "minItems": 1,
            "maxItems": 256,
            "items": {"$ref": "#/definitions/rule"},
        },
        "rule": {
            "type": "object",
            "additionalProperties": False,
            "required": ["action"],
            "properties": {"action": action, **conditions},
        },
    }


def let_templates_through(schema):
    """A string may be a template, which helm resolves later; the names in a mapping may not."""
    if isinstance(schema, list):
        for one in schema:
            let_templates_through(one)
    elif isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            schema["pattern"] = schema["pattern"].removesuffix(TEMPLATE) + TEMPLATE
        for key, one in schema.items():
            if key != "propertyNames":
                let_templates_through(one)


def hints():
    """The hints for values of other charts, by their paths."""
    known = yaml.safe_load((CHART / "hints.yaml").read_text())
    renamed = {path: f"This chart has it as {name}." for path, name in known["renamed"].items()}
    return renamed | {path: f"This chart has no such value: {text}." for path, text in known["otherwise"].items()}


def let_hints_through(whole):
    """The values in hints.yaml are properties, so that the chart itself refuses them with a message."""
    for path, text in sorted(hints().items(), key=lambda one: one[0].count(".")):
        *parents, name = path.split(".")
        at = whole
        for parent in parents:
            at = at["properties"][parent]
        if not at.get("deprecated"):
            at["properties"][name] = {"description": text, "deprecated": True}


def without_hints(schema):
    """A schema without such properties, so that they can be taken out of hints.yaml."""
    if isinstance(schema, list):
        return [without_hints(one) for one in schema]
    if isinstance(schema, dict):
        kept = {key: one for key, one in schema.items() if not (isinstance(one, dict) and one.get("deprecated"))}
        return {key: without_hints(one) for key, one in kept.items()}
    return schema


def schema(text):
    """The schema of the values, from this page."""
    whole = without_hints(json.loads(SCHEMA.read_text()))
    section, definitions = config_schema(tables(text))
    whole["properties"]["config"] = section
    whole["definitions"] |= definitions
    let_hints_through(whole)
    let_templates_through(whole)
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


# ---- the settings that make new pods -------------------------------------------------------------------

ABOUT_FIXED = """\
# SPDX-License-Identifier: Apache-2.0
#
# The settings that only a start can change: a change of one makes new pods. `./dev schema` writes this list.

"""


def fixed_settings(text):
    """The chart's list of them, from this page."""
    return ABOUT_FIXED + "".join(f"- {row[0].strip('`')}\n" for row in tables(text)["restart"][1:])


# ---- the table of values -------------------------------------------------------------------------------

KINDS = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false"}
KINDS |= {"array": "list", "object": "mapping"}


def kind_of(schema, definitions):
    """The type of a value, in a word or two."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"] if one)
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(KINDS[one] for one in types if one != "null")


def value_rows(values, schema, definitions, at=""):
    """A row for each value without values below it: its name, type, default and meaning."""
    for name, default in values.items():
        path, own = at + name, schema["properties"][name]
        if default and "properties" in own and path != "config":
            yield from value_rows(default, own, definitions, f"{path}.")
        else:
            shown = "" if default is None else json.dumps(default, ensure_ascii=False)
            shown = default if isinstance(default, str) and default else shown
            yield f"| `{path}` | {kind_of(own, definitions)} | {shown and f'`{shown}`'} | {own['description']} |\n"


def chart_page():
    """The chart's page with the table of values."""
    whole = json.loads(SCHEMA.read_text())
    rows = value_rows(yaml.safe_load((CHART / "values.yaml").read_text()), whole, whole["definitions"])
    table = f"<!-- table: values -->\n| value | type | default | meaning |\n|---|---|---|---|\n{''.join(rows)}"
    return TABLE.sub(lambda match: table if match[1] == "values" else match[0], CHART_PAGE.read_text())


def main():
    text = page()
    PAGE.write_text(text)
    SCHEMA.write_text(schema(text))
    FIXED.write_text(fixed_settings(text))
    CHART_PAGE.write_text(chart_page())


if __name__ == "__main__":
    main()
