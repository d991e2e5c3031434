"""How events are held out to judge a night: one splitter per file, found by walking this folder."""
