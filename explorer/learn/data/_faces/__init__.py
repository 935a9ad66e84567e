"""What the data set `faces` is drawn with: a head that morphs, and a rasteriser."""
