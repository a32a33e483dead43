"""The public face of zhenglian (证链): the few names a user needs, from the rooms behind it."""
