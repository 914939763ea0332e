"""The domain library every canslim service shares: jobs, stages, errors, ports, use cases."""
