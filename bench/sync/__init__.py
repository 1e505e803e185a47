"""`make bench-sync`: what the sync does in one run, beside bare work and beside PouchDB."""
