"""Service Quotas: how many instances the account may have."""
