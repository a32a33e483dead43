"""`doctor`: everything about a node's home and machine that can be looked at, running or stopped.

`patient` gathers, `home_checks` and `machine_checks` judge one thing each, `examination` is the table of
checks in their order. Nothing is changed; what a check cannot see it says so.
"""
