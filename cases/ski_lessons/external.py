def table(state):
    lessons = state["lessons"]
    wide = lessons.pivot_table(index="teacher", columns="level", values="pupils", aggfunc="sum", fill_value=0).reset_index()
    state["wide"] = wide
    return state
