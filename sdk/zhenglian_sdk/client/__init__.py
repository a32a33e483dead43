"""The client of a node: a positive answer is checked against a pinned trust root before the caller sees it.

| part | what for |
|---|---|
| connection | one node: deadlines |
| nodes | which node is asked, and what was wrong with the others |
| trust, trust_state, evidence | what is trusted, kept across restarts; and when it ends |
| following | the way from one trusted header to the next, past every change of the validators |
| session | who asks, with which key; asking and proving in one place |
| opinions, network | what one node says beside what another one says |
| submission, bulk | writing, exactly once |
| reads, traces | answers with their assurance |
| grants, uses | a holder's will, and what is done under it |
| client, sync | the parts under one name, asynchronous and blocking |
"""
