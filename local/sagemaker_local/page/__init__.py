"""The page at the server's URL: jobs with status, times, log and files, for people."""
