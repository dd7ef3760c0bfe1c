"""Systems that treat their machine, or the harness itself, badly: the run has to end, be judged, and leave nothing."""

from tests.broken import planted
from tests.broken.bad_luck.harm import HarmSettings

NEVER_READY = planted("never-ready", package=__name__)
HANGS_AT_START = planted("hangs-at-start", package=__name__)
HANGS_AT_WORK = planted("hangs-at-work", package=__name__)
HANGS_AT_DRAIN = planted("hangs-at-drain", package=__name__)
HANGS_WHEN_ASKED = planted("hangs-when-asked", package=__name__)
IGNORES_SIGTERM = planted("ignores-sigterm", package=__name__)
FORKS = planted("forks", package=__name__)
FLOODS_ITS_LOG = planted("floods-its-log", package=__name__)
ANSWERS_AT_LENGTH = planted("answers-at-length", package=__name__)
TALKS_NONSENSE = planted("talks-nonsense", package=__name__)
HARMS_THE_RECORD = planted("harms-the-record", HarmSettings, __name__)
