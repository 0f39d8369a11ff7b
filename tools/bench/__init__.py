"""The parts of ``make bench``: each measures one thing and returns its section."""
