"""One application over a collection, for a browser: what a command does by its arguments, it does by a request.

:mod:`~xltools.desk.work` does the work, :mod:`~xltools.desk.screens` shows it as HTML, :mod:`~xltools.desk.answering`
turns a request into a response. Two hosts call it: :mod:`~xltools.desk.server` on this computer, and the one file that
:mod:`~xltools.desk.standalone` writes, in which Python runs inside of the browser.
"""
