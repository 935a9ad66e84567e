"""Models of rows of a table: covariates of a person, and what happens to them."""
