"""Joins both lists by serial: what each side has alone, and whose model differs.

polars reads the two columns that this needs. Must not do: more than a join, for that is what it is
measured for. Argument: ndjson or csv.
"""
import sys

import polars as pl

FORM = sys.argv[1]
COLUMNS = {"serial": pl.String, "model": pl.String}


def side(name):
    if FORM == "csv":
        return pl.scan_csv(f"{name}.csv", infer_schema=False).select(*COLUMNS)
    return pl.scan_ndjson(f"{name}.ndjson", schema=COLUMNS)


def write(frame, name):
    frame.write_csv(f"out/polars.{name}", include_header=False)


acs, provider = pl.collect_all([side("acs"), side("provider")])
write(acs.join(provider, on="serial", how="anti").select("serial"), "acs")
write(provider.join(acs, on="serial", how="anti").select("serial"), "provider")
both = acs.join(provider, on="serial", suffix="_provider")
write(both.filter(pl.col("model") != pl.col("model_provider")).select("serial"), "differs")
