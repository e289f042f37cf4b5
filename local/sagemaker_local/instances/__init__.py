"""A training job's instances: their folders, what they run in, and how they start and end together."""
