import numpy as np
import pandas as pd


def execute(shared_state):
    lines = shared_state["order_lines"]
    orders = shared_state["orders"]
    tickets = shared_state["support_tickets"]
    customers = shared_state["customers"]

    shared_state["a_middle"] = lines.iloc[3:7]
    shared_state["b_last"] = lines.iloc[-4:]
    shared_state["c_without_last"] = lines.tail(6).iloc[:-2]
    shared_state["d_from"] = lines.iloc[55:][["order_id", "quantity"]]
    shared_state["e_tail"] = lines.tail(2)
    shared_state["e_none"] = lines.tail(0)
    sorted_lines = lines.sort_values(["unit_price", "order_id"]).reset_index(drop=True)
    first = sorted_lines.at[0, "unit_price"]
    fifth = sorted_lines["unit_price"].iloc[4]
    last = sorted_lines.iat[-1, 4]
    second = sorted_lines.iloc[1]["quantity"]
    sorted_lines["above"] = sorted_lines["unit_price"] - first
    sorted_lines["to_fifth"] = sorted_lines["unit_price"] - fifth
    sorted_lines["to_last"] = last - sorted_lines["unit_price"]
    sorted_lines["second"] = second
    shared_state["f_cells"] = sorted_lines

    limit = 50
    wanted = ["EUR", "GBP"]
    shared_state["g_query"] = lines.query("unit_price > @limit & quantity >= 2 or line_no == 1")
    shared_state["h_query"] = orders.query("currency in @wanted and not status == 'open' and shipping_fee <= 10")
    shared_state["i_query"] = orders.query("currency == ['USD'] and 2 < shipping_fee < 15")
    shared_state["j_query"] = tickets.query("satisfaction != satisfaction or satisfaction * 2 > 7")
    shared_state["k_query"] = customers.query("region.notnull() and region.str.startswith('n', na=False)")

    when = orders[["order_id", "ordered_at", "promised_on", "shipped_on"]].copy()
    when["promised"] = pd.to_datetime(when["promised_on"])
    when["shipped"] = pd.to_datetime(when["shipped_on"])
    when["year"] = when["promised"].dt.year
    when["month"] = when["shipped"].dt.month
    when["name"] = when["promised"].dt.day_name()
    when["month_name"] = when["shipped"].dt.month_name()
    when["week_day"] = when["ordered_at"].dt.dayofweek
    when["day_of_year"] = when["promised"].dt.dayofyear
    when["days"] = when["promised"].dt.days_in_month
    when["midnight"] = when["ordered_at"].dt.normalize()
    when["ends"] = when["shipped"].dt.is_month_end
    when["starts"] = when["promised"].dt.is_month_start
    when["text"] = when["shipped"].dt.strftime("%d.%m.%Y")
    shared_state["l_times"] = when

    banded = lines.assign(
        gross=lambda d: d["quantity"] * d["unit_price"],
        net=lambda d: d["gross"] * (1 - d["discount_rate"]),
    )
    edges = [-np.inf, 50, 100.5, 200]
    banded["band"] = pd.cut(banded["gross"], bins=edges, labels=["low", "mid", "high"]).astype(object)
    banded["band_left"] = pd.cut(banded["gross"], [0, 50, 100, np.inf], right=False, labels=["a", "b", "c"]).astype(str)
    banded["place"] = pd.cut(banded["quantity"], [1, 3, 5], labels=False, include_lowest=True)
    banded["place2"] = pd.cut(banded["quantity"], [1, 3, 4], labels=False)
    shared_state["m_bands"] = banded
    shared_state["n_scores"] = tickets.assign(
        score=pd.cut(tickets["satisfaction"], [0, 2, 5], labels=["poor", "good"]).astype(object)
    )

    shared_state["o_pivot"] = lines.pivot_table(index="product_id", values=["unit_price", "quantity"], aggfunc="sum").reset_index()
    shared_state["p_pivot"] = tickets.pivot_table(index="topic", values="satisfaction").reset_index()
    shared_state["q_pivot"] = tickets.pivot_table(values="satisfaction", index=["topic", "customer_id"], aggfunc="max").reset_index()

    shared_state["r_melt"] = lines.melt(id_vars="order_id", value_vars=["quantity", "unit_price"], var_name="what", value_name="much")
    shared_state["s_melt"] = tickets.melt(id_vars=["ticket_id"], value_vars=["customer_id", "satisfaction"])

    shared_state["t_regions"] = customers.groupby("region", dropna=False)["loyalty_points"].sum().reset_index()
    shared_state["u_counts"] = customers["region"].value_counts().sort_index().reset_index()
    shared_state["v_applied"] = lines.groupby("line_no")["quantity"].apply(lambda s: s.max() - s.min()).reset_index()
    return shared_state
