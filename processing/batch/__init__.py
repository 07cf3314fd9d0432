"""Many files in one run, from folders or object stores; the progress and the summary of any run."""
