"""The audit log: every record that a service publishes, stored exactly once and never changed."""
