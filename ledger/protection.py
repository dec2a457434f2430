"""What the database itself refuses (promise 1): the rights of the service's role, and the triggers in force."""

from sqlalchemy import Connection, MetaData, Table, text

READ_AND_ADD = "SELECT, INSERT"
AND_MOVE_STATE = "SELECT, INSERT, UPDATE"
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"


def rights(table: Table) -> str:
    """The rights that the service's role holds on a table; never more than its protection allows."""
    protection = table.info.get("protection")
    if protection == "append_only":
        return READ_AND_ADD
    return AND_MOVE_STATE if protection else EVERYTHING


def grant_rights(connection: Connection, metadata: MetaData, *, role: str) -> None:
    """Give `role` exactly the listed rights on every table. Run by the tables' owner."""
    name = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"grant usage on schema public to {name}"))
    for table in metadata.sorted_tables:
        connection.execute(text(f"revoke all on {table.name} from {name}"))
        connection.execute(text(f"grant {rights(table)} on {table.name} to {name}"))


def unprotected(connection: Connection, metadata: MetaData) -> list[str]:
    """The protected tables whose trigger is missing or not `ENABLE ALWAYS`."""
    in_force = text(
        "select c.relname, count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where not t.tgisinternal and t.tgenabled = 'A' and c.relnamespace = 'public'::regnamespace group by 1"
    )
    found: dict[str, int] = {name: triggers for name, triggers in connection.execute(in_force)}  # noqa: C416 -- a Row
    expected = {"append_only": 1, "state": 2, "account": 2, "lot": 2}
    protections = {table.name: table.info.get("protection") for table in metadata.sorted_tables}
    return [name for name, kind in protections.items() if kind and found.get(name, 0) < expected[kind]]


def excess_rights(connection: Connection, metadata: MetaData) -> list[str]:
    """The append-only tables on which the present role could, but for the trigger, change or remove rows."""
    query = text(
        "select has_table_privilege(current_user, cast(:name as text), 'UPDATE')"
        " or has_table_privilege(current_user, cast(:name as text), 'DELETE')"
    )
    tables = [table.name for table in metadata.sorted_tables if table.info.get("protection") == "append_only"]
    return [name for name in tables if connection.execute(query, {"name": name}).scalar()]
