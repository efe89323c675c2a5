"""The matrix.py of a meshbox, for machines that have other work to do.

usage: matrix.py MESHBOX FILE…

- Nothing behind a Service: the node has to tell every client. The kernel tells each one once a second, and those who
  do not hear it see a time-out.
- Whatever has to come up may take longer; more is tried at once, since most of the time is spent on packets that are dropped.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, sys.argv[1])
sys.argv[:] = sys.argv[1:]

import matrix
import meshbox

PATIENCE, AT_ONCE = 5, 12
up, until = meshbox.Box.up, meshbox.until


def tells_everybody(box):
    up(box)
    box.x(meshbox.NODE, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")


meshbox.Box.up = tells_everybody
meshbox.until = lambda ready, seconds, what, step=0.1: until(ready, PATIENCE * seconds, what, step)
matrix.ThreadPoolExecutor = lambda _: ThreadPoolExecutor(AT_ONCE)
matrix.main(sys.argv[1:])
