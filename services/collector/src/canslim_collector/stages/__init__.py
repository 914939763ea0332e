"""What the collector does, one stage a file."""
