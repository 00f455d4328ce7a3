"""Networks whose answer is an alpha matte, and what they share."""
