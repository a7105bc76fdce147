"""What the checkers of the house have in common: how they are called, and how they end."""
import os
import sys


def run(check, self_test):
    """`CHECKER [SOURCE_ROOT]` ends with status 1 and the problems that check(root) finds; `CHECKER --self-test [SOURCE_ROOT]` shows by self_test(root) that it can fail."""
    root = next((a for a in sys.argv[1:] if not a.startswith("-")), os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if "--self-test" in sys.argv:
        self_test(root)
        return
    problems = list(check(root))
    if problems:
        sys.exit("\n".join(problems))
