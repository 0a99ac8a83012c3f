# Copyright (c) 2026 rocketmq.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-playbook many times, two at a time: its modules are read once, and each run begins as a fork that has them.

Reads a list of runs (arguments, a file for the output, one for errors) and writes the list of their return codes.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys

from ansible.cli.playbook import main

_fork = multiprocessing.get_context("fork")
_room = _fork.Semaphore(2)


def play(arguments: list[str], *files: str) -> None:
    with _room:
        for number, file in enumerate(files, 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
        main(["ansible-playbook", *arguments])  # Ends the process.


gc.freeze()  # Else collecting copies what the forks share.
runs = [_fork.Process(target=play, args=run) for run in json.load(sys.stdin)]
for run in runs:
    run.start()
for run in runs:
    run.join()
print(json.dumps([run.exitcode for run in runs]))
