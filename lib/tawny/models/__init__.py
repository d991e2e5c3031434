"""One file per model: numpy, numba or Keras, in one process, without a JVM and without Horovod."""
