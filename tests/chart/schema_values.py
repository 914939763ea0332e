"""Strategies for what a schema lets through: as much of JSON Schema as that of the chart's values uses."""

import ipaddress
import json
import re
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft7Validator

Schema = dict[str, Any]
Values = dict[str, Any]

#: Characters that YAML, Helm and shells give a meaning to.
TRICKY = "aZ09 :#'\"{}[]|>&*!%@`,-?\\/$\n\t~=<.é"
TEXTS = st.one_of(
    st.text(TRICKY, max_size=20),
    st.sampled_from(
        ["yes", "null", "~", "1e3", "0x10", "1_000", "{{ .Values }}", "- a: b", "a: b", "# c", "010", "'", '"', "on"]
    ),
)
#: Where a pattern leaves it open.
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
#: Strings that a pattern lets through and that YAML might take for something else.
LOOKALIKES = ("", "yes", "no", "on", "y", "null", "1", "010", "1e3", "0x10", "1.5", "true", "2024-01-01", "a.b")
#: Numbers that Helm might write as 1e+06.
LARGE = (1_000_000, 123_456_789)
#: What lies beyond a bound that isn't there.
FAR = 2_000_000_000
KEYWORDS = {
    *("$ref", "additionalProperties", "anyOf", "default", "description", "enum", "exclusiveMaximum"),
    *("exclusiveMinimum", "items", "maxLength", "maximum", "minItems", "minLength", "minProperties", "minimum"),
    *("not", "pattern", "properties", "propertyNames", "required", "type"),
}


class Strategies:
    """owned: instead of the schema's, by path, as `networkPolicy.dns.to`, by key, as `.except`, or by pattern."""

    def __init__(self, schema: Schema, owned: dict[str, st.SearchStrategy[Any]]) -> None:
        self._definitions = schema["definitions"]
        self._owned = owned

    def of(self, schema: Schema, path: str = "") -> st.SearchStrategy[Any]:
        names = (path, f".{path.rpartition('.')[2]}", schema.get("pattern", ""))
        own = next((self._owned[name] for name in names if name in self._owned), None)
        if own is not None:
            return own
        if "$ref" in schema:
            named = self._definitions[schema["$ref"].rpartition("/")[2]]
            return self.of(named | {key: value for key, value in schema.items() if key != "$ref"}, path)
        assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return st.one_of([getattr(self, f"_{kind}")(schema, path) for kind in types])

    def _object(self, schema: Schema, path: str) -> st.SearchStrategy[Values]:
        named = {key: self.of(value, f"{path}.{key}".strip(".")) for key, value in schema.get("properties", {}).items()}
        if named:
            required = set(schema.get("required", ()))
            optional = {key: value for key, value in named.items() if key not in required}
            drawn = st.fixed_dictionaries({key: named[key] for key in required}, optional=optional)
            together = {key: schema[key] for key in ("minProperties", "not") if key in schema}
            return drawn.filter(Draft7Validator(together).is_valid) if together else drawn
        names = matching(schema.get("propertyNames", {"type": "string"}))
        return st.dictionaries(names, self.of(schema["additionalProperties"], f"{path}.*"), max_size=3)

    def _array(self, schema: Schema, path: str) -> st.SearchStrategy[list[Any]]:
        return st.lists(self.of(schema["items"], f"{path}[]"), min_size=schema.get("minItems", 0), max_size=3)

    def _string(self, schema: Schema, path: str) -> st.SearchStrategy[str]:
        return matching(schema)

    def _boolean(self, schema: Schema, path: str) -> st.SearchStrategy[bool]:
        return st.booleans()

    def _integer(self, schema: Schema, path: str) -> st.SearchStrategy[int]:
        least, most = schema.get("minimum", -FAR), schema.get("maximum", FAR)
        large = [number for number in LARGE if least <= number <= most]
        usual = st.integers(least, min(most, least + 100)) | st.integers(least, most)
        return usual | st.sampled_from(large) if large else usual

    def _number(self, schema: Schema, path: str) -> st.SearchStrategy[float]:
        least, above = schema.get("minimum"), schema.get("exclusiveMinimum")
        most, below = schema.get("maximum"), schema.get("exclusiveMaximum")
        drawn = st.floats(
            -FAR if least is None and above is None else least if above is None else above,
            FAR if most is None and below is None else most if below is None else below,
            exclude_min=above is not None,
            exclude_max=below is not None,
            allow_subnormal=False,
        )
        # As an operator writes them.
        return drawn.map(lambda number: float(f"{number:.6g}")).filter(
            Draft7Validator(schema | {"type": "number"}).is_valid
        )


def matching(schema: Schema) -> st.SearchStrategy[str]:
    """Strings for `pattern`, `minLength`, `maxLength`, `not` and `anyOf`."""
    valid = Draft7Validator(schema).is_valid
    if "pattern" not in schema:
        return TEXTS.filter(valid)
    # To Go, as to JSON Schema, `$` is the very end; to Python a newline may follow.
    pattern = schema["pattern"].replace("$", r"\Z")
    alike = [text for text in LOOKALIKES if re.search(pattern, text) and valid(text)]
    drawn = st.from_regex(pattern, alphabet=PRINTABLE).filter(lambda text: len(text) < 64 and valid(text))
    return drawn | st.sampled_from(alike) if alike else drawn


#: Networks as Kubernetes takes them: without bits behind the mask.
NETWORKS = st.one_of(
    st.builds(
        lambda address, bits: str(ipaddress.ip_network((address, bits), strict=False)),
        st.integers(0, 2**size - 1).map(lambda number, kind=kind: kind(number)),
        st.integers(0, size),
    )
    for kind, size in ((ipaddress.IPv4Address, 32), (ipaddress.IPv6Address, 128))
)
#: What toYaml has to carry.
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=6,
)


def written(values: Values) -> Values:
    """As they come out of JSON."""
    result: Values = json.loads(json.dumps(values))
    return result
