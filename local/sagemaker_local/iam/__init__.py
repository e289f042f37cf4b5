"""Who may do what: policies, principals, tokens."""
