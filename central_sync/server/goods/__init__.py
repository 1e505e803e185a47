"""Goods between places: expected deliveries, transfers, suppliers' invoices, counts asked for.

Central writes down what should come and asks the store by a task; the store's till says what
came. The thing to get wrong: deciding while a journal is taken in. What a document of goods
means for others is a word in the inbox (`orders.inbox`), decided in a transaction of its own.
"""
