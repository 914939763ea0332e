"""PostgreSQL, the Dramatiq queue, telemetry and settings behind canslim_core's ports."""
