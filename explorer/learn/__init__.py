"""What is learned, from what, and how: data, modalities, models, priors, training."""
