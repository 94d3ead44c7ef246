"""Loads Externals so that tracebacks name them by their path in the workspace.

Nothing is read from or written to `__pycache__`: the source text that was hashed is the text
that runs.
"""

import importlib.machinery
import importlib.util
import linecache
import os
import sys


class MissingModule(Exception):
    """The configuration names a module or function that does not exist."""


class _Loader(importlib.machinery.SourceFileLoader):
    relative_to = {}

    def get_code(self, fullname):
        source = self.get_data(self.path)
        name = relative(self.path)
        text = importlib.util.decode_source(source)
        linecache.cache[name] = (len(source), None, text.splitlines(keepends=True), name)
        return compile(source, name, "exec", dont_inherit=True)


def relative(path):
    """The workspace's name of a file below one of the roots, other paths unchanged."""
    for absolute, name in _Loader.relative_to.items():
        if path == absolute or path.startswith(absolute + os.sep):
            inside = os.path.relpath(path, absolute)
            return inside if name in ("", ".") else f"{name}/{inside}"
    return path


class _Finder:
    """Finds modules below the roots, after built-in modules and before installed packages."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        places = list(_Loader.relative_to) if path is None else list(path)
        for place in places:
            if relative(place) == place and place not in _Loader.relative_to:
                continue
            finder = importlib.machinery.FileFinder(place, (_Loader, [".py"]))
            spec = finder.find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
        return None


def install(roots):
    """Makes the roots (pairs of absolute path and name in the workspace) importable, in order."""
    _Loader.relative_to = dict(roots)
    at = next(
        (n for n, finder in enumerate(sys.meta_path) if finder is importlib.machinery.PathFinder), len(sys.meta_path)
    )
    sys.meta_path.insert(at, _Finder)
    # Folders without __init__.py are packages too, and the ordinary path finder knows how.
    sys.path[0:0] = [absolute for absolute, _ in roots]


def function_of(module, function):
    """The function a configuration names by file (or dotted name) and function name."""
    inside = module if module.endswith(".py") else module.replace(".", "/") + ".py"
    for root, _ in _Loader.relative_to.items():
        path = os.path.normpath(os.path.join(root, inside))
        if path.startswith(root + os.sep) and os.path.isfile(path):
            break
    else:
        searched = ", ".join(name or "." for name in _Loader.relative_to.values())
        raise MissingModule(f"no file {inside} below python_path ({searched})")
    name = inside[: -len(".py")].replace("/", ".")
    loaded = sys.modules.get(name)
    if loaded is None or getattr(loaded, "__file__", None) != path:
        spec = importlib.util.spec_from_file_location(name, path, loader=_Loader(name, path))
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[name] = loaded
        spec.loader.exec_module(loaded)
    found = getattr(loaded, function, None)
    if not callable(found):
        raise MissingModule(f"{relative(path)} has no function {function}")
    return found
