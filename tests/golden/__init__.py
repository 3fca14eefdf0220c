"""Golden frames: what each feature looks like, held by pictures that somebody has looked at."""
