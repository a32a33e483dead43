"""The client of a node: a positive answer is checked against a pinned trust root before the caller sees it.

| part | what for |
|---|---|
| connection | one node: deadlines, retries of what may be repeated |
| trust | what is trusted, kept across restarts |
| session | who asks, with which key; asking and proving in one place |
| submission, bulk | writing, exactly once |
| reads, traces | answers with their assurance |
| grants, uses | a holder's will, and what is done under it |
| client, sync | the parts under one name, asynchronous and blocking |
"""
