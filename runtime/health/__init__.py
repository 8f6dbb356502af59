"""Health records that devices keep, and their histograms."""
