# SPDX-License-Identifier: Apache-2.0
"""The headers of a message, as a list of names and values in their order."""


class Headers:
    """For what has such `headers`; names are compared without regard to case."""

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def value(self, name):
        """The one value of a header, None when it is absent; several are a failure."""
        values = self.values(name)
        assert len(values) < 2, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None
