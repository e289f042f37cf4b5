"""AWS's price list: what a training instance costs."""
