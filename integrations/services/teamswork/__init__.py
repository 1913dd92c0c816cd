"""TeamsWork “Ticketing As A Service”, API 1.0 and 1.1."""
