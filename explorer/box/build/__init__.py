"""From a recipe to a checkpoint in the box."""
