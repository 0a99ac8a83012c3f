"""Local systemd hosts for `make demo`, Molecule and the benchmarks; see README.md in this folder.

Standard library only, so that the system's own python3 can run it on a machine that has nothing else yet.
"""
