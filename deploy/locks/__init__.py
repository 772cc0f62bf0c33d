"""One hash lock an install set, and what makes them."""
