"""AWS's protocols: what a request calls, how it is checked, and how it is answered or refused."""
