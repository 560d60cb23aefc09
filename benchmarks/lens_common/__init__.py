"""What the lens benchmarks share; nothing here is imported by a package."""
