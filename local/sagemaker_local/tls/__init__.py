"""AWS's own host names, answered here: a proxy that ends their TLS with a certificate authority of the server's."""
