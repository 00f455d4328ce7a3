"""Other people's annotations as labels, videos as frames, folders as lists."""
