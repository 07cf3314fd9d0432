"""From a complete file to a worker and back: the bounded job queue and the dispatcher."""
