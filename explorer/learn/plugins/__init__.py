"""Plug-ins: each wraps a trained model, gives it new controls, and is a model itself."""
