def execute(s):
    customers = s["customers"]
    s["out"] = customers[customers["segment"].str.contains("b(?=us)")]
    return s
