"""How a night holds events out to evaluate itself: one split per file, found by walking this folder."""
