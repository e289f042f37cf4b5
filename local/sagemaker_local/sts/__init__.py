"""STS: sessions of roles, and the tokens that open one."""
