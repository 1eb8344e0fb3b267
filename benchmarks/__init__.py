"""What we claim about speed, each figure beside a yardstick measured in the same run.

Run all with ``python -m benchmarks``, one by its name, and ``--smoke`` for a small run of each that
only shows that it works.
"""
