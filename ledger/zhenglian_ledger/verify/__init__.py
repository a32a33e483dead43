"""What a client does with an answer before it believes it: pure, from bytes and a header (SPEC 8)."""
