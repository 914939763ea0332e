"""A simulator of the worker pools' autoscaling, which reads the rendered objects: see docs/autoscaling.md."""
