"""Imports a module that imports it."""

FIRST = 4

from . import back

TOTAL = FIRST + back.SECOND
