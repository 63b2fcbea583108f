# SPDX-License-Identifier: Apache-2.0
"""The headers of a message, as a list of names and values in their order."""


class Headers:
    """A base class for messages with such `headers`; names are compared case-insensitively."""

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def value(self, name):
        """The only value of a header, or None if it is absent; several values are a failure."""
        values = self.values(name)
        assert len(values) < 2, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None
