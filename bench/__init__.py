"""One script a figure. Ratios within one run are what counts: the machines are shared and noisy."""
