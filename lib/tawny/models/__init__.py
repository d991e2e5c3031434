"""A folder per model: `model.py` ends with `MODEL = <the class>`; delete the folder and its job, and the model is gone."""
