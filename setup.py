"""Tawny: a distributed batch recommender suite. `make night` and `make test` do all the set-up."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent


def names(file: str) -> list[str]:
    """The requirement lines of requirements/<file>, without comments and includes."""
    lines = (line.split("#")[0].strip() for line in (HERE / "requirements" / file).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


setup(
    name="tawny",
    version="0.1.0",
    description="Batch recommendations on Spark, Delta, Horovod and Airflow: ranked, explained, audited, every night.",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    python_requires=">=3.11",
    packages=[*find_packages("lib"), "tawny_jobs"],
    package_dir={"": "lib", "tawny_jobs": "jobs"},
    package_data={"tawny": ["py.typed"], "tawny.delta": ["log4j2.properties"]},
    install_requires=names("night.in"),
    extras_require={"train": names("horovod.in"), "train-gpu": ["tensorflow[and-cuda]==2.21.0", *names("horovod.in")]},
    entry_points={"console_scripts": ["tawny=tawny.cli:main"]},
)
