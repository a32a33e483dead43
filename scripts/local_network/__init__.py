"""A whole network on this machine: made once, brought up, looked at, taken down.

    DIR/…                as `zhenglian-node network init` lays it out
    DIR/run/MEMBER.pid   the process that runs the member's node: its number and when it started
    DIR/logs/MEMBER.log  what it said

Nodes outlive the command that started them. What is up stays up, what is down is started again.
"""
