"""What satrail raises besides Python's own exceptions. Each message says what was wrong, where, and what to do next."""


class SatrailError(Exception):
    """The base of satrail's own exceptions."""


class StoreError(SatrailError):
    """A folder is not a store, a store of a newer format, a damaged or an empty one."""


class LockedError(SatrailError):
    """Somebody else is writing to the store."""


class BlockFilesError(SatrailError):
    """The block files are not as they should be: a damaged key, no genesis block, bytes that have moved."""


class NotJoinedError(SatrailError):
    """Two addresses are in different clusters, so there is no reason to tell."""


class NotInChainError(SatrailError, KeyError):
    """What was asked for (a transaction, output, block, address or date) is not in the chain up to its height."""

    __str__ = Exception.__str__
