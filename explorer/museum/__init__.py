"""What is shown of it: lenses and exhibits."""
