import pandas as pd

WIDTH = 12


def execute(shared_state):
    lines = []
    for lot in shared_state["lots"].to_dict("records"):
        lines.append({
            "lot": f"{lot['lot']:04d}",
            "name": f"{lot['name']:<9}|{lot['name']:>9}|{lot['name']:^9}|{lot['name']:.3}",
            "year": f"'{lot['year'] % 100:02d} {lot['year']:x} {lot['year']:,}",
            "bid": f"{lot['bid']:{WIDTH},.2f}|{lot['bid']:<10.1f}|{lot['bid']:+.0f}|{lot['bid']:e}|{lot['bid']:.4g}",
            "share": f"{lot['share']:.1%} {lot['share']:08.3f} {lot['share']}",
            "old": "%s (%d): %8.2f %5.1f%%" % (lot["name"], lot["year"], lot["bid"], lot["share"] * 100),
            "repr": f"{lot['name']!r} {lot['lot']=}",
        })
    shared_state["catalogue"] = pd.DataFrame(lines)
    return shared_state
