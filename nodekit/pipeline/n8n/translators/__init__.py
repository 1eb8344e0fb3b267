"""One module for each node type of n8n's: a plain function from a node to a step of ours.

A translator only writes names of types and parameters; whether they fit is found when the document
is checked.
"""
