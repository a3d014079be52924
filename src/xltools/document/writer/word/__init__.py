"""Elements of WordprocessingML (ECMA-376 part 1, 17) and of its charts (part 1, 21).

The schema fixes the order of the children of most elements; the code creates them in that order.
"""
