"""What the warm process imports for trainings of the user's own; their jobs are forked from it.

Beside the modules, it looks up once what every job needs and no job changes.
"""

from hyperverdict.programs import job
from hyperverdict.training import plugins, provenance

__all__ = ["job"]

provenance.code_state()
provenance.versions()
provenance.hardware("cpu")
plugins.modules_of_others()
