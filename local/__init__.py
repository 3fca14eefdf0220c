"""Reelqueue on a laptop: the real ``template.yaml`` on a local AWS emulator, without an account and without Docker.

``python -m local.dev`` (``make dev``) keeps it running; ``local.stack.LocalStack`` is the same for tests and the demo.
Nothing in here is deployed.
"""
