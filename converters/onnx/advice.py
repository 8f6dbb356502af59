"""What to do with a network whose neurons no ONNX file says well enough."""

HAND_OVER = "hand its PyTorch module over itself (snnrt convert net.py:make)"
