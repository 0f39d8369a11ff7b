"""``python -m explainer build`` builds the book, ``… notebooks`` its notebooks."""

import sys

from explainer.build import main

sys.exit(main(sys.argv[1:]))
