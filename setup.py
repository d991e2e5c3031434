"""What pyproject.toml cannot say: requirements come from requirements/*.in, packages from two folders."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent


def names(file: str) -> list[str]:
    """The requirement lines of requirements/<file>, without comments and includes."""
    lines = (line.split("#")[0].strip() for line in (HERE / "requirements" / file).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


setup(
    packages=[*find_packages("lib"), "tawny_jobs"],
    package_dir={"": "lib", "tawny_jobs": "jobs"},
    package_data={"tawny": ["py.typed"], "tawny.lake": ["spark_conf/*"], "tawny.report": ["style.css"]},
    install_requires=names("night.in"),
    extras_require={
        "database": names("database.in"),
        "train": names("horovod.in"),
        "train-gpu": ["tensorflow[and-cuda]==2.21.0", *names("horovod.in")],
    },
)
