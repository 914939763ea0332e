"""What scoring does, one stage a file."""
