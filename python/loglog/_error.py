"""A status of the library that is not LL_OK, as an exception that carries the library's one line."""
from __future__ import annotations


class Error(Exception):
    """What the library refused or could not do; the text is its one line. Every other exception here is one too."""


class InputError(Error, ValueError):
    """An argument or a value in the input is unusable (LL_EINPUT)."""


class FormatError(Error, ValueError):
    """A file is not what it claims to be (LL_EFORMAT)."""


class SystemRefused(Error, OSError):
    """The system refused: missing, unreadable, full, read-only (LL_EIO)."""


class OutOfMemory(Error, MemoryError):
    """Memory, or the bound set on it, is exhausted (LL_ENOMEM)."""


class NumberError(Error, ArithmeticError):
    """A number is not finite, a solver cannot go on (LL_ENUM)."""


class StateError(Error):
    """The store contradicts what was asked (LL_ESTATE)."""


class Stopped(Error):
    """Asked to stop; the work so far is safe (LL_ESTOP)."""


class Refused(Error):
    """A gate said no, or cannot tell (LL_EREFUSED, LL_EUNSURE)."""


OF_STATUS: dict[str, type[Error]] = {
    "LL_EINPUT": InputError,
    "LL_EFORMAT": FormatError,
    "LL_EIO": SystemRefused,
    "LL_ENOMEM": OutOfMemory,
    "LL_ENUM": NumberError,
    "LL_ESTATE": StateError,
    "LL_ESTOP": Stopped,
    "LL_EREFUSED": Refused,
    "LL_EUNSURE": Refused,
}
