-- Joins both lists by serial: what each side has alone, and whose model differs. DuckDB reads the
-- two columns that this needs. Must not do: more than a join, for that is what it is measured for.
CREATE TEMP TABLE a AS SELECT serial, model
    FROM read_json('acs.ndjson', format = 'newline_delimited', columns = {serial: 'VARCHAR', model: 'VARCHAR'});
CREATE TEMP TABLE p AS SELECT serial, model
    FROM read_json('provider.ndjson', format = 'newline_delimited', columns = {serial: 'VARCHAR', model: 'VARCHAR'});
COPY (SELECT serial FROM a ANTI JOIN p USING (serial)) TO 'out/duckdb.acs' (FORMAT csv, HEADER false);
COPY (SELECT serial FROM p ANTI JOIN a USING (serial)) TO 'out/duckdb.provider' (FORMAT csv, HEADER false);
COPY (SELECT serial FROM a JOIN p USING (serial) WHERE a.model <> p.model) TO 'out/duckdb.differs' (FORMAT csv, HEADER false);
