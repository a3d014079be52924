"""What a Word document is made of: elements of WordprocessingML (ECMA-376 part 1, 17) and of its charts (part 1, 21).

In most elements the order of the children is fixed by the schema; where it is, they are made in that order.
"""
