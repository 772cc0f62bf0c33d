"""NATS on one side, a BERT in numpy on the other."""
