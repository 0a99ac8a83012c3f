"""`make bench`: measures what the README says of this collection; see README.md in this folder."""

import sys

from lab._shell import ROOT

# The checkout as the collection that it is.
sys.path.insert(0, str(ROOT / ".ansible/collections"))
