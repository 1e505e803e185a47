"""Central's orders: placed, routed, offered, followed until every piece is where it belongs.

`carrying.carry_out` is the only way to change an order: it decides, moves stock, tells the
stores and queues what the world is told, in one transaction. `placing` makes orders from
quotes and receipts, `routing` chooses stores, `following` does what time asks for.
"""
