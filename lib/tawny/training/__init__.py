"""Training of deep models: one loop for one worker and for N. Only workers.py knows Horovod."""
