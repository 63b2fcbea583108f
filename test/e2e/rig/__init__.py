# SPDX-License-Identifier: Apache-2.0
"""The real programs that the tests run on, and the clients that speak to them."""
