"""The commands of this package. `pos_client.cli` finds each by entry point and loads it alone."""
