"""Files to workers and back: the task of a worker, the jobs in flight, archived files again."""
