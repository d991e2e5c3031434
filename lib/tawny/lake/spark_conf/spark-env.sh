# Sourced by Spark's launcher for local sessions (lake/session.py sets SPARK_CONF_DIR).
# Java announces on stderr that Spark uses an incubator module, which the launcher always asks for; no option turns the line off.
# It alone is dropped here, everything else passes.
exec 2> >(exec grep --line-buffered -v '^WARNING: Using incubator modules: jdk.incubator.vector$' >&2)
