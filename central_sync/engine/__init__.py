"""The register's side of sync. The master file's room comes first: it loads sqlite-utils lean."""

import central_sync.masterfile  # noqa: F401
