"""ONNX models: one step with explicit state, unrolled steps and loops, read by what their neurons compute."""
