"""The acts of the story, one file each, in the order in which they are told."""
