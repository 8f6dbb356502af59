"""The report of a profile: one document, read by programs as JSON and by people as a page."""
