-- What schema.sql leaves out until the rows are in.

CREATE UNIQUE INDEX item_sku ON item (sku);
