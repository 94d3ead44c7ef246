def execute(shared_state):
    calls = shared_state["calls"].drop(["as_of"], axis=1)
    calls.columns = ["number", "text", "state", "minutes"]
    calls["urgent"] = calls["text"].str.contains("water.*(now|today)")
    calls["quote"] = calls["text"].str.contains("price|quote|how much")
    calls["coded"] = calls["text"].str.contains("^[A-Z]{2}[0-9]+ ")
    waiting = calls[~calls["state"].str.contains("^(done|refused)")]
    waiting = waiting[waiting["urgent"] | waiting["coded"] | (waiting["minutes"] > 30)]
    waiting = waiting.sort_values("number", ascending=False)
    shared_state["open_calls"] = waiting[["number", "urgent", "quote", "coded", "minutes"]]
    return shared_state
