"""How the shop writes names."""

KINDS = {"b": "bread", "c": "cake"}


def tidy(name):
    return name.strip().title() if name else "walk-in"


def label(product, kind):
    return product.upper() + " (" + KINDS.get(kind, "other") + ")"
