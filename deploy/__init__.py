"""How Sluice is started, packed and shipped. No service imports this."""
