"""Mail as a door: what comes in is stored first, then read, judged, and given to the verbs."""
