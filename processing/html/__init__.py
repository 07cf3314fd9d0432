"""Pages: a file, the index, SVG, the time axis, texts, templates."""
