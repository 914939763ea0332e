"""The HTTP API: jobs, progress streams, ratings; the relay and reconciler run here."""
