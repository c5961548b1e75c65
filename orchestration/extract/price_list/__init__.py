"""Public price lists, read into one shape: what one million tokens of something cost.

One file a list. Each turns a file that a person has fetched into ``ListedPrice`` and names what it
leaves out, and why; nothing is guessed, nothing is fetched. What becomes of the prices is decided
in ``orchestration.land.price_import``.
"""
