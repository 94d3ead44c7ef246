def execute(s):
    customers = s["customers"]
    names, segments = customers["full_name"], customers["segment"]
    found = customers.copy()
    found["late"] = names.str.contains("n.*e")
    found["first"] = names.str.contains("^[A-Z]o|^O'")
    found["kind"] = segments.str.contains(r"^(private|guest)$", regex=True)
    found["word"] = segments.str.contains(r"\bbus\w+")
    s["found"] = found[["customer_id", "late", "first", "kind", "word"]]
    kept = customers[~segments.str.contains("b.*s{2}")]
    s["kept"] = kept[["customer_id", "segment"]]
    return s
