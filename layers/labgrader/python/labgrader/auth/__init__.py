"""Who may ask: bearer tokens, the key that signs them, and what the door in front of the API lets through."""
