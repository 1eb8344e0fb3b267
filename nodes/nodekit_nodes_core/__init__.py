"""The everyday nodes, one module for each; they use only the public names of nodekit."""
