"""ONNX graphs whose convolutions work in 8 bits, written as QuantizeLinear and DequantizeLinear (QDQ)."""
