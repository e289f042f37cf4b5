"""What can go wrong at AWS, on demand: errors, throttling, no capacity, spot interruptions, late roles and logs."""
