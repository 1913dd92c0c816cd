"""Templates as Python functions: Django parses them, `compiler` writes a function for each.

`loader` hands them out, `expressions` writes variables, filters and conditions, `lookup` has what
the functions call to find and show a value, `parts` what stands for whole tags. They render to what
Django's own nodes render to; whatever is out of the ordinary is left to these.
"""
