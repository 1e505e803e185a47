"""Keeping a till's files safe: backup, restore, rescue, replay."""
