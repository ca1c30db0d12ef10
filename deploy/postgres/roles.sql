-- Two roles for the database that nodes share: "busbar_owner" makes and upgrades the tables, "busbar" is what nodes work as and may change rows only.
-- As a superuser, in the database that is to be used:
--   psql -v owner_password=... -v password=... -d DATABASE -f roles.sql
-- then `busbar store migrate` with the address of busbar_owner, once and before each upgrade, and nodes with that of busbar. See docs/fleet.md.
CREATE ROLE busbar_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE busbar LOGIN PASSWORD :'password';
CREATE SCHEMA busbar AUTHORIZATION busbar_owner;
GRANT USAGE ON SCHEMA busbar TO busbar;
ALTER DEFAULT PRIVILEGES FOR ROLE busbar_owner IN SCHEMA busbar GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO busbar;
