"""What a network costs and sees: multiply-adds, memory, receptive field, latency."""
