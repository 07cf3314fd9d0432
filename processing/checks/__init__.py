"""The checks that flag rows, and the rows of a file as they see them."""
