"""django-oscar's pages and posts beside ours and the hand-written ones.

`child` and `settings` run in an environment of their own, where django-oscar is and flask_trust is not.
"""
