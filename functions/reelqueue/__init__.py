"""The domain of Reelqueue: request, job, line, slot, render, webhook.

Every rule of the service lives in this package. It imports nothing from the
handlers beside it; the handlers parse, call one function here, and answer.
"""
