"""Keeping a till's files safe: backup, restore, rescue, replay."""

# So many backups of a till stay in a folder.
KEPT = 14
