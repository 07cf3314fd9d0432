"""The first lines of a file: what their cells hold and name, and how a rejection shows them."""
