"""What the library and the pipeline compute beside what others published; docs/validation.md."""
