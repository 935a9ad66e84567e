"""Models as files that run elsewhere: ONNX graphs for the page, checked in the very runtime that the page uses."""
