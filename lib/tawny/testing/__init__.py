"""Made data and proofs that the tests share; shipped, so that a new model or job can use them."""
