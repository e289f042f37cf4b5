"""A training job's life: its folders, inputs, processes, checkpoints and archives."""
