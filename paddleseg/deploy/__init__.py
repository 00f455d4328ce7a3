"""What PaddleSeg's deployment scripts import."""
