"""S3: whose a bucket is, what a request does, the server that holds the objects, and a client of it."""
