"""The virtual warehouse: what every store has, what is held, what may be promised.

`ledger` moves goods, `reserving` gives rights to pieces, `availability` answers who asks,
`pulse` tells how busy stores are. Everything works in the caller's transaction. A
transaction that also tells the feed takes its scopes (`feed.lock_scopes`) before it holds
or moves anything: scopes first, then stock, always sorted, so that nobody waits in a ring.
"""
