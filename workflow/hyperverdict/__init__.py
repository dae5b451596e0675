"""HyperVerdict: claims about hyperparameters become verdicts that hold up.

Data flows one way, and a module imports only from its left:

    stats | study -> claims -> design -> training -> records -> evidence -> figures -> report
"""

__version__ = "0.1.0"
