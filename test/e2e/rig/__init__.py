# SPDX-License-Identifier: Apache-2.0
"""The real programs that the tests use, and clients for them."""
