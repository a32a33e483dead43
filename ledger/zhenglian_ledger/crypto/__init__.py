"""Signature suites and digests: each module pins one library and one verdict."""
