"""Watching a running node: what is seen every second, and what follows from it.

`heights`, `disk`, `clock` and `readiness` decide and touch nothing; `watcher` reads the clock, the disk and
the engine and asks them; `endpoint` tells whoever asks over HTTP.
"""
