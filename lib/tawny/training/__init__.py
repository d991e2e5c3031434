"""Trains any deep model, with one loop for one worker and for N. Only workers.py knows Horovod."""
