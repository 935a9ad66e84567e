"""What a checkpoint is: its items, maps, parts for the page, and how it is built."""
