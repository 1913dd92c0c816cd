"""Webhooks: changes told to the addresses that subscribed, signed, in order, at least once."""
