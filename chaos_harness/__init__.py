"""The one name that an environment gets: `chaos`, `python -m chaos_harness` and the plugin of pytest begin here.

In a checkout `harness` and `systems` stand beside this folder; in an installed wheel they are inside it, and a project
may have packages of those names.
"""
