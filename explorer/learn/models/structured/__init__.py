"""Models whose answer is a structure over their input: an order, a set of triangles."""
