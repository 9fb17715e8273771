/* store_conformance_refusals.h - conformance: what makes a table refuse credd's rows, and what is
 * to be said of it. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_REFUSALS_H
#define CREDD_TESTS_STORE_CONFORMANCE_REFUSALS_H

#include <stdbool.h>

#define REBUILT(columns)                                                                  \
    "DROP TABLE market_data; CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, " \
    "data_type VARCHAR(50), " columns ", source VARCHAR(100), created_at TIMESTAMP)"
#define VALUES "value DECIMAL(10,4), date_recorded DATE"

/* Each on an empty market_data, with one row to be inserted and, if not the table refuses all,
 * another before it that it takes. */
static const struct refusal_case {
    const char *name;
    const char *mariadb, *sqlite; /* statements with "; " between them; NULL: not there */
    const char *says[3];          /* the parts of the sentence, beside the table's name */
    bool of_value;                /* with skips_refused the row alone is left out */
    bool some;                    /* another row is taken */
} refusal_cases[] = {
    {"a column without a default",
     "ALTER TABLE market_data ADD tenant INT NOT NULL",
     REBUILT(VALUES ", tenant INT NOT NULL"),
     {"the column tenant", "DEFAULT ..."},
     false,
     false},
    {"a column whose name is a word of the language",
     "ALTER TABLE market_data ADD `order` INT NOT NULL",
     NULL,
     {"the column order", "ALTER `order` SET DEFAULT ..., or", "fill = order:"},
     false,
     false},
    {"a column whose name has quotes in it",
     "ALTER TABLE market_data ADD `it's a ``b.c` INT NOT NULL",
     NULL,
     {"the column it's a `b.c must", "ALTER `it's a ``b.c` SET DEFAULT ... (the database"},
     false,
     false},
    {"a column that cannot be altered, with quotes in its name",
     NULL,
     REBUILT(VALUES ", \"a \"\"b\"\", c\" INT NOT NULL"),
     {"the column a \"b\", c must", "DROP COLUMN \"a \"\"b\"\", c\" (the database"},
     false,
     false},
    {"a column of credd's is dropped",
     "ALTER TABLE market_data DROP COLUMN source",
     "ALTER TABLE market_data DROP COLUMN source",
     {"the column source is missing", "ADD COLUMN source VARCHAR(100)"},
     false,
     false},
    {"a column of credd's is renamed",
     "ALTER TABLE market_data CHANGE value price DECIMAL(10,4)",
     "ALTER TABLE market_data RENAME COLUMN value TO price",
     {"the column value is missing"},
     false,
     false},
    {"the table is renamed away",
     "RENAME TABLE market_data TO elsewhere",
     "ALTER TABLE market_data RENAME TO elsewhere",
     {"the table market_data is missing"},
     false,
     false},
    {"the table is dropped",
     "DROP TABLE market_data",
     "DROP TABLE market_data",
     {"the table market_data is missing"},
     false,
     false},
    {"a column of credd's is narrowed",
     "ALTER TABLE market_data MODIFY data_type VARCHAR(4)",
     NULL,
     {"the column data_type", "MODIFY data_type VARCHAR(50)", "P12"},
     false,
     true},
    {"a column of credd's is of another type",
     "ALTER TABLE market_data MODIFY data_type INT",
     "DROP TABLE market_data; CREATE TABLE market_data (data_id TEXT PRIMARY KEY, data_type INT, "
     "value REAL, date_recorded TEXT, source TEXT, created_at TEXT) STRICT",
     {"the column data_type", "VARCHAR(50)"},
     false,
     false},
    {"a number's range is narrowed",
     "ALTER TABLE market_data MODIFY value DECIMAL(2,0)",
     NULL,
     {"the column value", "MODIFY value DECIMAL(10,4)"},
     false,
     false},
    {"a column of credd's is generated",
     "ALTER TABLE market_data DROP COLUMN source; "
     "ALTER TABLE market_data ADD source VARCHAR(100) AS (data_type)",
     "DROP TABLE market_data; CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, data_type "
     "VARCHAR(50), " VALUES ", source VARCHAR(100) AS (data_type), created_at TIMESTAMP)",
     {"the column source is generated"},
     false,
     false},
    {"a generated column cannot be altered to one that is not",
     "ALTER TABLE market_data DROP COLUMN source; "
     "ALTER TABLE market_data ADD source VARCHAR(100) AS (data_type)",
     NULL,
     {"ALTER TABLE market_data DROP COLUMN source, ADD COLUMN source VARCHAR(100)"},
     false,
     false},
    {"a CHECK",
     "ALTER TABLE market_data ADD CONSTRAINT low CHECK (data_type <> 'vix_quote')",
     REBUILT(
         "value DECIMAL(10,4) CONSTRAINT low CHECK (data_type <> 'vix_quote'), date_recorded DATE"),
     {"CHECK low", "refuse = skip", "P12"},
     true,
     true},
    {"the CHECK of a column",
     "ALTER TABLE market_data MODIFY data_type VARCHAR(50) CHECK (data_type <> 'vix_quote')",
     NULL,
     {"the CHECK of the column data_type", "MODIFY data_type VARCHAR(50) (without", "P12"},
     true,
     true},
    {"a CHECK with a name in quotes",
     "ALTER TABLE market_data ADD CONSTRAINT `low-``1` CHECK (data_type <> 'vix_quote')",
     NULL,
     {"CHECK low-`1", "DROP CONSTRAINT `low-``1`", "P12"},
     true,
     true},
    {"a UNIQUE key",
     "ALTER TABLE market_data ADD UNIQUE one_source (source)",
     "CREATE UNIQUE INDEX one_source ON market_data (source)",
     {"UNIQUE key", "source", "P12"},
     true,
     true},
    {"a trigger that raises",
     "CREATE TRIGGER no BEFORE INSERT ON market_data FOR EACH ROW BEGIN IF NEW.data_type = "
     "'vix_quote' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'/ END IF/ END",
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(ABORT, 'not this one')/ END",
     {"a trigger", "not this one", "P12"},
     true,
     true},
    {"a trigger that fails without undoing",
     NULL,
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(FAIL, 'not this one')/ END",
     {"a trigger", "not this one", "P12"},
     true,
     true},
    {"a trigger that says nothing",
     NULL,
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(IGNORE)/ END",
     {"a trigger", "RAISE(IGNORE)", "P12"},
     true,
     true},
    {"a trigger that rolls back",
     NULL,
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(ROLLBACK, 'none at all')/ END",
     {"rolls the whole transaction back", "none at all"},
     false,
     true},
    {"a trigger whose table is gone",
     "CREATE TABLE audit (id INT); CREATE TRIGGER no BEFORE INSERT ON market_data FOR EACH ROW "
     "INSERT INTO audit VALUES (1); DROP TABLE audit",
     "CREATE TABLE audit (id INT); CREATE TRIGGER no BEFORE INSERT ON market_data BEGIN INSERT "
     "INTO "
     "audit VALUES (1)/ END; DROP TABLE audit",
     {"audit"},
     false,
     false},
    {"a trigger whose own row is there already",
     "CREATE TABLE audit (id INT PRIMARY KEY); CREATE TRIGGER no AFTER INSERT ON market_data FOR "
     "EACH ROW INSERT INTO audit VALUES (1)",
     "CREATE TABLE audit (id INT PRIMARY KEY); CREATE TRIGGER no AFTER INSERT ON market_data BEGIN "
     "INSERT INTO audit VALUES (1)/ END",
     {"what a trigger does in another table", "to fix it: change or drop the trigger, or", "P12"},
     true,
     true},
    {"a trigger whose own row lacks a value",
     "CREATE TABLE audit (id INT, note INT NOT NULL); CREATE TRIGGER no AFTER INSERT ON "
     "market_data FOR EACH ROW INSERT INTO audit (id) VALUES (1)",
     "CREATE TABLE audit (id INT, note INT NOT NULL); CREATE TRIGGER no AFTER INSERT ON "
     "market_data BEGIN INSERT INTO audit (id) VALUES (1)/ END",
     {"what a trigger does in another table", "to fix it: change or drop the trigger (", "note"},
     false,
     false},
    {"a trigger that writes a column which is not there",
     NULL,
     "CREATE TABLE audit (id INT); CREATE TRIGGER no AFTER INSERT ON market_data BEGIN INSERT INTO "
     "audit (source) VALUES (1)/ END",
     {"what a trigger does in another table"},
     false,
     false},
    {"a trigger whose own row violates a CHECK",
     "CREATE TABLE audit (id INT CHECK (id < 0)); CREATE TRIGGER no AFTER INSERT ON market_data "
     "FOR EACH ROW INSERT INTO audit VALUES (IF(NEW.data_type = 'vix_quote', 1, -1))",
     NULL,
     {"what a trigger does in another table", "to fix it: change or drop the trigger, or", "P12"},
     true,
     true},
    {"a trigger whose own row has no parent",
     "CREATE TABLE kinds (id INT PRIMARY KEY); CREATE TABLE audit (id INT, FOREIGN KEY (id) "
     "REFERENCES kinds (id)); CREATE TRIGGER no AFTER INSERT ON market_data FOR EACH ROW INSERT "
     "INTO audit VALUES (1)",
     NULL,
     {"what a trigger does in another table", "to fix it: change or drop the trigger ("},
     false,
     false},
    {"a procedure that is missing",
     "CREATE TRIGGER no BEFORE INSERT ON market_data FOR EACH ROW CALL slug(NEW.source)",
     NULL,
     {"a procedure that is not there", "create it, or drop the trigger", "slug"},
     false,
     false},
    {"a partition that is missing",
     "ALTER TABLE market_data PARTITION BY RANGE COLUMNS (data_id) (PARTITION p0 VALUES LESS THAN "
     "('P12'))",
     NULL,
     {"no partition for its value", "ALTER TABLE market_data ADD PARTITION", "P12"},
     false,
     true},
    {"a view",
     NULL,
     "ALTER TABLE market_data RENAME TO elsewhere; CREATE VIEW market_data AS SELECT * FROM "
     "elsewhere",
     {"a view stands in its place", "to fix it: drop the view"},
     false,
     false},
    {"a view that keeps what is inserted in another table",
     NULL,
     "ALTER TABLE market_data RENAME TO elsewhere; CREATE VIEW market_data AS SELECT * FROM "
     "elsewhere; CREATE TRIGGER yes INSTEAD OF INSERT ON market_data BEGIN INSERT INTO elsewhere "
     "(data_id) VALUES (NEW.data_id)/ END",
     {"a view stands in its place", "to fix it: drop the view"},
     false,
     false},
    {"a function that is missing",
     "CREATE FUNCTION slug (v VARCHAR(99)) RETURNS VARCHAR(99) DETERMINISTIC RETURN v; CREATE "
     "TRIGGER no BEFORE INSERT ON market_data FOR EACH ROW SET NEW.source = slug(NEW.source); "
     "DROP FUNCTION slug",
     "CREATE TRIGGER no BEFORE INSERT ON market_data BEGIN SELECT slug(NEW.source)/ END",
     {"function slug, which is not", "slug"},
     false,
     false},
    {"a foreign key of the application's",
     "CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY); ALTER TABLE market_data ADD CONSTRAINT "
     "known_source FOREIGN KEY (source) REFERENCES sources (name)",
     "CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY); DROP TABLE market_data; CREATE TABLE "
     "market_data (data_id VARCHAR(50) "
     "PRIMARY KEY, data_type VARCHAR(50), " VALUES ", source VARCHAR(100) REFERENCES sources "
     "(name), created_at TIMESTAMP)",
     {"a", "foreign key"},
     false,
     false},
    {"a foreign key that is looked at at COMMIT",
     NULL,
     "CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY); DROP TABLE market_data; CREATE TABLE "
     "market_data (data_id VARCHAR(50) PRIMARY KEY, data_type VARCHAR(50), " VALUES
     ", source VARCHAR(100) REFERENCES sources (name) DEFERRABLE INITIALLY DEFERRED, created_at "
     "TIMESTAMP)",
     {"a foreign key"},
     false,
     false},
};

#endif
