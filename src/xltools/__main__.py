"""``python -m xltools``."""

from xltools.cli import main

if __name__ == "__main__":  # a worker process imports the module under another name
    main()
