"""The written credit policy: its form, its presets, its words and what changed between two."""
