"""What every importer shares."""
