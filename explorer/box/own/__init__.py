"""A person's own data: read, told in one screen, and made a checkpoint of, without a recipe or a line of code."""
