"""Pictures: files, masks as colours, people before other backgrounds. NumPy, OpenCV and Pillow only."""
