"""Running one instance of a job apart from the machine and from other instances."""
