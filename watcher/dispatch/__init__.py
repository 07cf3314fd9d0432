"""The way of a stable file to a worker and back: the bounded job queue and the dispatcher."""
